"""One command a day: new reviews in, a better model published, or a reason why not."""
