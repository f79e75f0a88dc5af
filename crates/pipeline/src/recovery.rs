//! Where to start, as a pure decision over facts that were read before: no I/O here.

/// What was found in a data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// First offset that the log still holds.
    pub log_first: u64,
    /// Offset behind the log's last record.
    pub log_next: u64,
    /// The log's generation.
    pub generation: u64,
    /// Fingerprint of the plan now.
    pub plan: String,
    /// Checkpoints, newest first.
    pub checkpoints: Vec<CheckpointFacts>,
    /// Position up to which change rows are held, where they are kept.
    pub changes: Option<u64>,
}

/// What was found of one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckpointFacts {
    /// It can be read.
    Readable {
        /// Position of the first record that it does not hold.
        position: u64,
        /// Generation of its log.
        generation: u64,
        /// Fingerprint of its plan.
        plan: String,
    },
    /// It cannot.
    Unreadable {
        /// Why.
        cause: String,
    },
}

/// Where to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovery {
    /// Nothing was ever done here.
    Fresh,
    /// From checkpoint number `checkpoint`, then the log behind it.
    FromCheckpoint {
        /// Its number, newest first from 0.
        checkpoint: usize,
    },
    /// From the log's beginning, for a reason that is announced.
    Rebuild {
        /// Why.
        because: Rebuild,
    },
    /// Not at all: going on would give wrong numbers.
    Stop {
        /// Why, and what to do.
        because: String,
    },
}

/// Why state is made again from the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rebuild {
    /// There is no checkpoint yet.
    NoCheckpoint,
    /// Levels, segments, identity or horizon are others now.
    PlanChanged,
    /// The log's base was rewritten.
    NewGeneration,
    /// Change rows of before the checkpoint are missing: they were switched on, or their file was lost.
    ChangesMissing,
    /// No checkpoint could be read.
    Damaged {
        /// Why.
        cause: String,
    },
}

impl std::fmt::Display for Rebuild {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoCheckpoint => "there is no checkpoint",
            Self::PlanChanged => "levels, segments, identity or horizon changed",
            Self::NewGeneration => "the log's base was rewritten",
            Self::ChangesMissing => "change rows of before the checkpoint are missing",
            Self::Damaged { cause } => cause,
        })
    }
}

const LOST: &str = "log.redb lost records that were durable, or is from another data directory; restore it from a backup";

/// Decides. The newest readable checkpoint of this plan and generation wins, if the log goes on from it.
#[must_use]
pub fn decide(facts: &Facts) -> Recovery {
    if let Some(held) = facts.changes.filter(|held| *held > facts.log_next) {
        return Recovery::Stop {
            because: format!(
                "change rows are held up to {held}, but the log ends at {}: {LOST}",
                facts.log_next
            ),
        };
    }
    let mut because = Rebuild::NoCheckpoint;
    for (number, checkpoint) in facts.checkpoints.iter().enumerate() {
        match checkpoint {
            CheckpointFacts::Unreadable { cause } => {
                because = Rebuild::Damaged {
                    cause: cause.clone(),
                }
            }
            CheckpointFacts::Readable { generation, .. } if *generation != facts.generation => {
                because = Rebuild::NewGeneration;
            }
            CheckpointFacts::Readable { plan, .. } if *plan != facts.plan => {
                because = Rebuild::PlanChanged
            }
            CheckpointFacts::Readable { position, .. } if *position > facts.log_next => {
                return Recovery::Stop {
                    because: format!(
                        "the checkpoint stands at {position}, but the log ends at {}: {LOST}",
                        facts.log_next
                    ),
                };
            }
            CheckpointFacts::Readable { position, .. }
                if facts.changes.is_some_and(|held| held < *position) =>
            {
                because = Rebuild::ChangesMissing;
            }
            CheckpointFacts::Readable { position, .. } if *position >= facts.log_first => {
                return Recovery::FromCheckpoint { checkpoint: number };
            }
            CheckpointFacts::Readable { position, .. } => {
                because = Rebuild::Damaged {
                    cause: format!(
                        "the checkpoint at {position} lies before the log's first record"
                    ),
                };
            }
        }
    }
    if facts.log_next == 0 && facts.checkpoints.is_empty() {
        return Recovery::Fresh;
    }
    if facts.log_first > 0 {
        return Recovery::Stop {
            because: format!(
                "{because}, and the log was trimmed to offset {}: the state cannot be made again from it; go back to \
                 the configuration of before, restore the file from a backup, or start a new data directory",
                facts.log_first
            ),
        };
    }
    Recovery::Rebuild { because }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(checkpoints: Vec<CheckpointFacts>) -> Facts {
        Facts {
            log_first: 0,
            log_next: 100,
            generation: 0,
            plan: "p".into(),
            changes: None,
            checkpoints,
        }
    }

    fn readable(position: u64, plan: &str) -> CheckpointFacts {
        CheckpointFacts::Readable {
            position,
            generation: 0,
            plan: plan.into(),
        }
    }

    fn unreadable() -> CheckpointFacts {
        CheckpointFacts::Unreadable {
            cause: "chunk 3 is damaged".into(),
        }
    }

    #[test]
    fn the_newest_usable_checkpoint_wins() {
        assert_eq!(
            decide(&facts(vec![readable(90, "p"), readable(50, "p")])),
            Recovery::FromCheckpoint { checkpoint: 0 }
        );
        assert_eq!(
            decide(&facts(vec![unreadable(), readable(50, "p")])),
            Recovery::FromCheckpoint { checkpoint: 1 }
        );
    }

    #[test]
    fn another_plan_or_damage_rebuilds_and_says_so() {
        assert_eq!(
            decide(&facts(vec![readable(90, "q")])),
            Recovery::Rebuild {
                because: Rebuild::PlanChanged
            }
        );
        let Recovery::Rebuild {
            because: Rebuild::Damaged { cause },
        } = decide(&facts(vec![unreadable()]))
        else {
            panic!("a rebuild")
        };
        assert!(cause.contains("chunk 3"));
        assert_eq!(
            decide(&facts(vec![])),
            Recovery::Rebuild {
                because: Rebuild::NoCheckpoint
            }
        );
    }

    #[test]
    fn lost_change_rows_are_made_again() {
        let lost = Facts {
            changes: Some(0),
            ..facts(vec![readable(90, "p")])
        };
        assert_eq!(
            decide(&lost),
            Recovery::Rebuild {
                because: Rebuild::ChangesMissing
            }
        );
        let held = Facts {
            changes: Some(90),
            ..facts(vec![readable(90, "p")])
        };
        assert_eq!(decide(&held), Recovery::FromCheckpoint { checkpoint: 0 });
    }

    #[test]
    fn what_cannot_be_right_stops() {
        assert!(matches!(
            decide(&facts(vec![readable(101, "p")])),
            Recovery::Stop { .. }
        ));
        let trimmed = Facts {
            log_first: 60,
            ..facts(vec![readable(50, "p")])
        };
        assert!(matches!(decide(&trimmed), Recovery::Stop { .. }));
        let other_plan = Facts {
            log_first: 60,
            ..facts(vec![readable(90, "q")])
        };
        assert!(matches!(decide(&other_plan), Recovery::Stop { .. }));
        let beyond = Facts {
            changes: Some(101),
            ..facts(vec![readable(90, "p")])
        };
        assert!(matches!(decide(&beyond), Recovery::Stop { .. }));
        let fresh = Facts {
            log_next: 0,
            ..facts(vec![])
        };
        assert_eq!(decide(&fresh), Recovery::Fresh);
    }
}
