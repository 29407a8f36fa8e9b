"""The pages, plots and numbers that people look at. Nothing here measures or trains."""
