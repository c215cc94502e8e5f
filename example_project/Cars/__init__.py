"""The tutorial's app: cars, what they weigh and cost, and who owns them."""
