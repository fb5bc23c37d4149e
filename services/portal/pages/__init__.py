"""The pages: signing in, who am I, Administration > Billing with its tabs; every action also without JavaScript."""
