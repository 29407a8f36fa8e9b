"""What people look at: pages, plots and numbers. Nothing here measures or trains."""
