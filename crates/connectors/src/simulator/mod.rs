//! A seeded market that lists, cuts, sells and relists homes: demo feed, test feed and load generator.
