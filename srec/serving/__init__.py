"""The web application: API and page."""
