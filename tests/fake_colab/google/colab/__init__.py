"""What Colab has imported before a first cell, as far as that cell asks for it."""

from google.colab import output as output
