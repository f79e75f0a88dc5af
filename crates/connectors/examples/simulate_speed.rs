//! Prints what the simulator costs on one core: ns for an update as a struct, as a record and as an NDJSON line.
//! Run with `cargo run --release -p freehold-connectors --example simulate_speed [UPDATES] [LISTINGS]`.
#![expect(clippy::print_stdout, reason = "an example that prints its result")]

use std::hint::black_box;
use std::time::Instant;

use freehold_connectors::simulator::{
    ObservationWriter, SimulatedUpdate, Simulator, SimulatorConfig, write_ndjson,
};
use freehold_kernel::record::FeedId;

const FLUSH_BYTES: usize = 1 << 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let updates: u64 = arguments
        .next()
        .map_or(Ok(2_000_000), |text| text.parse())?;
    let listings: usize = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let config = SimulatorConfig {
        listings,
        updates: Some(updates),
        ..SimulatorConfig::default()
    };
    measure("update", &config, |update, _| {
        black_box(update);
    })?;
    let mut writer = ObservationWriter::new(FeedId(1));
    measure("record", &config, |update, out| {
        // A row of the simulator is always complete.
        black_box(writer.write(update, out).is_ok());
    })?;
    measure("NDJSON line", &config, write_ndjson)?;
    Ok(())
}

fn measure(
    what: &str,
    config: &SimulatorConfig,
    mut use_update: impl FnMut(&SimulatedUpdate, &mut Vec<u8>),
) -> Result<(), Box<dyn std::error::Error>> {
    let (mut rows, mut bytes) = (0_u64, 0);
    let mut out = Vec::with_capacity(FLUSH_BYTES + 4096);
    let begun = Instant::now();
    for update in Simulator::new(config)? {
        use_update(&update, &mut out);
        rows += 1;
        if out.len() >= FLUSH_BYTES {
            bytes += out.len();
            black_box(&out);
            out.clear();
        }
    }
    bytes += out.len();
    let each = begun.elapsed().as_nanos() as f64 / rows as f64;
    println!(
        "{what}: {each:.0} ns, {:.2} million a second, {} bytes",
        1000.0 / each,
        bytes as u64 / rows
    );
    Ok(())
}
