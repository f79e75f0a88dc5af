//! The simulator's cursor as bytes: a position in the stream and, of a live feed, its schedule.

use freehold_kernel::varint::{Reader, put_i64, put_u64};

use super::schedule::{Interval, SEGMENTS_MAX, Schedule, Segment};
use super::stream::Position;

const VERSION: u8 = 1;

/// No market comes so far: 3,000 years at the greatest rate.
const TURN_MAX: i64 = 1 << 61;

/// Where a source stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SimulatorCursor {
    /// Of the configuration that the position counts in.
    pub(super) fingerprint: u64,
    pub(super) position: Position,
    /// Live feeds only: a history's schedule follows from its configuration.
    pub(super) schedule: Option<Schedule>,
}

impl SimulatorCursor {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        out.extend_from_slice(&self.fingerprint.to_le_bytes());
        put_i64(&mut out, self.position.turn);
        put_u64(&mut out, self.position.sent);
        put_u64(&mut out, self.position.rows);
        if let Some(schedule) = &self.schedule {
            let (segments, dropped) = schedule.segments();
            put_u64(&mut out, dropped);
            put_u64(&mut out, segments.len() as u64);
            let (mut turn, mut time) = (0, 0);
            for segment in segments {
                put_i64(&mut out, segment.turn - turn);
                put_i64(&mut out, segment.time - time);
                put_i64(&mut out, segment.interval.0);
                (turn, time) = (segment.turn, segment.time);
            }
        }
        out
    }

    /// Reads what [`SimulatorCursor::encode`] wrote; `None` for any other bytes.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != VERSION {
            return None;
        }
        let fingerprint = u64::from_le_bytes(reader.array()?);
        let position = Position {
            turn: reader.i64()?,
            sent: reader.u64()?,
            rows: reader.u64()?,
        };
        let schedule = if reader.is_empty() {
            None
        } else {
            Some(decode_schedule(&mut reader)?)
        };
        let is_sound = (0..TURN_MAX).contains(&position.turn) && reader.is_empty();
        is_sound.then_some(Self {
            fingerprint,
            position,
            schedule,
        })
    }
}

fn decode_schedule(reader: &mut Reader<'_>) -> Option<Schedule> {
    let dropped = reader.u64()?;
    let count = usize::try_from(reader.u64()?).ok()?;
    if count > SEGMENTS_MAX {
        return None;
    }
    let (mut turn, mut time) = (0_i64, 0_i64);
    let segments = (0..count)
        .map(|_| {
            turn = turn.checked_add(reader.i64()?)?;
            time = time.checked_add(reader.i64()?)?;
            Some(Segment {
                turn,
                time,
                interval: Interval(reader.i64()?),
            })
        })
        .collect::<Option<_>>()?;
    Schedule::from_segments(segments, dropped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut marked = vec![VERSION];
            marked.extend_from_slice(&bytes);
            let _ = SimulatorCursor::decode(&bytes);
            let _ = SimulatorCursor::decode(&marked);
        }

        #[test]
        fn a_cursor_comes_back(turn in 0_i64..1 << 40, sent in 0_u64..9, stalls in 0_i64..700) {
            let mut schedule = Schedule::even(1_700_000_000_000, Interval(1 << 46));
            for stall in 1..=stalls {
                schedule.resume(stall * 10, 1_700_000_000_000 + stall * 20_000, Interval(9), 0);
            }
            for schedule in [None, Some(schedule)] {
                let cursor = SimulatorCursor {
                    fingerprint: 77,
                    position: Position { turn, sent, rows: 5 },
                    schedule,
                };
                prop_assert_eq!(SimulatorCursor::decode(&cursor.encode()), Some(cursor));
            }
        }
    }
}
