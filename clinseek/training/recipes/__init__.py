"""Recipes: by which settings a student is trained, on which engine, and the training itself."""

from clinseek.training.recipes.progress import Progress
from clinseek.training.recipes.reading import RECIPES, read_recipe, recipe_of
from clinseek.training.recipes.report import TrainReport
from clinseek.training.recipes.settings import AnyRecipe, Recipe
from clinseek.training.recipes.training import train

__all__ = [
    "RECIPES",
    "AnyRecipe",
    "Progress",
    "Recipe",
    "TrainReport",
    "read_recipe",
    "recipe_of",
    "train",
]
