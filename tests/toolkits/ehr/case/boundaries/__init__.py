"""What is known when, tested at its boundaries.

Every expectation in this folder was worked out by hand from the availability rules as they are
written down; nothing here reads the rule records or the SQL that is made from them, because a
proof that shares the code's mistake proves nothing.
"""

import pytest

pytest.register_assert_rewrite(f"{__name__}.reading", f"{__name__}.invariants")
