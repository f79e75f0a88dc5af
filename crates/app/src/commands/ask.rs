//! Puts a question to a running instance, or to the directory when nobody runs there.

use std::io::{BufWriter, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::directory::Busy;
use crate::instance::look_at;
use crate::query::Query;
use crate::remote::{Request, ask};
use crate::stored_plan::StoredPlan;

/// An instance that holds the directory but does not listen yet is still recovering.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn run(query: &Query) -> Result<ExitCode> {
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let directory = query.data_dir();
    let mut query = query.clone();
    // A plan that cannot be read is told of by whoever answers.
    if let Ok(Some(plan)) = StoredPlan::read(directory) {
        query.fill(&plan);
    }
    let request = Request::Query(query.clone());
    let started = Instant::now();
    loop {
        if ask(directory, &request, &mut out)?.is_some() {
            break;
        }
        match look_at(directory, |books, log| query.answer(books, log, &mut out)) {
            Err(error) if error.is::<Busy>() && started.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(50));
            }
            other => {
                other?;
                break;
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
