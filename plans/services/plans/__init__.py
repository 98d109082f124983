"""Plans: drafts, what a form would make, issuing, revising, and everything pages read of them."""
