//! A sink that misbehaves, as an outside system would: it refuses, it takes everything and says that it did not, it takes a part.
//! What it holds outlives the instance.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use freehold_kernel::field::Kind;
use freehold_kernel::market::{MarketView, Segment};
use freehold_kernel::measure::{Window, find};
use freehold_kernel::time::Millis;
use freehold_pipeline::engine::Engine;
use freehold_pipeline::sink::{Sink, SinkError};
use freehold_pipeline::testing::Random;
use freehold_pipeline::touched::TouchedAreas;

/// The level whose areas are published, and that of the whole.
pub(crate) const LEVEL: u8 = 0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SinkFault {
    Refuse,
    TimeOut,
    Partial,
}

impl SinkFault {
    pub(crate) const ALL: [Self; 3] = [Self::Refuse, Self::TimeOut, Self::Partial];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Refuse => "sink refuses",
            Self::TimeOut => "sink times out after it took all",
            Self::Partial => "sink takes a part",
        }
    }
}

/// What the outside system holds: for each area the position and the values of its newest row.
#[derive(Default)]
pub(crate) struct Outside {
    pub(crate) rows: BTreeMap<String, (u64, String)>,
    pub(crate) is_calm: bool,
    pub(crate) failed: bool,
    pub(crate) faults: Vec<SinkFault>,
    /// A failure goes on for some turns.
    down_for: u64,
}

pub(crate) struct OutsideSink {
    outside: Arc<Mutex<Outside>>,
    random: Random,
    touched: TouchedAreas,
}

impl OutsideSink {
    pub(crate) fn new(outside: Arc<Mutex<Outside>>, seed: u64) -> Self {
        Self {
            outside,
            random: Random::new(seed),
            touched: TouchedAreas::of(LEVEL, true),
        }
    }
}

/// What is published of an area.
pub(crate) fn row(view: &MarketView<'_>, level: u8, area: &str) -> String {
    let market = view.market(level, area, Kind::Sale, Segment::All);
    let wanted = [
        ("active_count", Window::Now),
        ("median_list_price", Window::Now),
        ("closed_count", Window::Trailing30),
    ];
    let values = wanted.map(|(id, window)| {
        let measure = find(id).map(|measure| {
            (measure.read)(&market, window.period(market.today()), measure.variants[0])
        });
        measure.map_or_else(String::new, |reading| {
            format!("{};{}", reading.value, reading.n)
        })
    });
    values.join(" ")
}

impl Sink for OutsideSink {
    fn publish(&mut self, engine: &mut Engine, _: Millis, _: bool) -> Result<(), SinkError> {
        self.touched.gather(engine);
        let position = engine.position();
        let view = engine.view();
        let areas = self
            .touched
            .waiting()
            .filter(|(_, kind)| *kind == Kind::Sale);
        let areas: Vec<String> = areas.map(|(area, _)| area.to_owned()).collect();
        let mut outside = crate::lock(&self.outside);
        let fault = match self.random.below(if outside.is_calm { 1 } else { 14 }) {
            _ if outside.down_for > 0 => Some(SinkFault::Refuse),
            11 => Some(SinkFault::Refuse),
            12 => Some(SinkFault::TimeOut),
            13 => Some(SinkFault::Partial),
            _ => None,
        };
        outside.down_for = match fault {
            Some(SinkFault::Refuse) if outside.down_for == 0 => self.random.below(6),
            _ => outside.down_for.saturating_sub(1),
        };
        let taken = match fault {
            None | Some(SinkFault::TimeOut) => areas.len(),
            Some(SinkFault::Refuse) => 0,
            Some(SinkFault::Partial) => areas.len() / 2,
        };
        for area in &areas[..taken] {
            let row = (position, row(&view, LEVEL, area));
            outside.rows.insert(area.clone(), row);
        }
        outside.failed = fault.is_some();
        let told = match fault {
            Some(SinkFault::TimeOut | SinkFault::Refuse) => 0,
            _ => taken,
        };
        let is_told = |area: &str, _| areas[..told].iter().any(|told| told == area);
        self.touched
            .forget(|area, kind| kind == Kind::Lease || is_told(area, kind));
        match fault {
            None => Ok(()),
            Some(fault) => {
                outside.faults.push(fault);
                Err(SinkError {
                    sink: "outside".into(),
                    cause: fault.name().into(),
                })
            }
        }
    }
}
