"""The probe: how well can the outcomes be read off a case, by look-ups and by its structure?"""
