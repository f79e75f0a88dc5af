//! Readings as rows of a file: for each market of one level that changed since the last turn, one row with the
//! values asked for. The last row of an area counts.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use freehold_kernel::field::Kind;
use freehold_kernel::market::Segment;
use freehold_kernel::measure::{Measure, Window};
use freehold_kernel::time::Millis;
use freehold_pipeline::engine::Engine;
use freehold_pipeline::sink::{Sink, SinkError};
use freehold_pipeline::touched::TouchedAreas;

/// A column of the rows.
pub(crate) type Column = (&'static Measure, &'static str, Window);

/// Writes rows.
pub(crate) struct RowsSink {
    out: BufWriter<File>,
    path: String,
    level: u8,
    columns: Vec<Column>,
    touched: TouchedAreas,
    every_rows: u64,
    every_ms: Millis,
    last_position: u64,
    last_time: Millis,
    written: u64,
}

impl RowsSink {
    /// Rows of `level` (by its number) to `path`, written anew after `every_rows` records or `every_ms`.
    pub(crate) fn create(
        path: &Path,
        level: u8,
        columns: Vec<Column>,
        every_rows: u64,
        every_ms: Millis,
    ) -> Result<Self> {
        let file = File::create(path).with_context(|| format!("create {}", path.display()))?;
        let by_days = columns
            .iter()
            .any(|(_, _, window)| !matches!(window, Window::Now | Window::All));
        Ok(Self {
            out: BufWriter::with_capacity(1 << 16, file),
            path: path.display().to_string(),
            level,
            columns,
            touched: TouchedAreas::of(level, by_days),
            every_rows,
            every_ms,
            last_position: 0,
            last_time: Millis::MIN,
            written: 0,
        })
    }

    fn write(&mut self, engine: &mut Engine) -> std::io::Result<()> {
        self.touched.gather(engine);
        let view = engine.view();
        let mut last = None;
        for (area, _) in self.touched.waiting() {
            // A row tells of homes for sale, whichever kind changed.
            if last.replace(area) == Some(area) {
                continue;
            }
            let market = view.market(self.level, area, Kind::Sale, Segment::All);
            self.out.write_all(area.as_bytes())?;
            for (measure, variant, window) in &self.columns {
                let reading = (measure.read)(&market, window.period(market.today()), variant);
                write!(self.out, ",{}", reading.value)?;
            }
            self.out.write_all(b"\n")?;
            self.written += 1;
        }
        self.out.flush()?;
        self.touched.forget(|_, _| true);
        Ok(())
    }
}

impl Sink for RowsSink {
    fn publish(
        &mut self,
        engine: &mut Engine,
        now: Millis,
        is_last: bool,
    ) -> Result<(), SinkError> {
        let behind = engine.position() - self.last_position;
        let is_due = behind >= self.every_rows || now - self.last_time >= self.every_ms || is_last;
        if behind == 0 || !is_due {
            return Ok(());
        }
        self.write(engine).map_err(|error| SinkError {
            sink: self.path.clone(),
            cause: error.to_string(),
        })?;
        self.last_position = engine.position();
        self.last_time = now;
        Ok(())
    }
}
