//! Areas where nobody must disclose what was paid: what a number of closing prices rests on there, and what is asked
//! instead.

use freehold_kernel::field::Kind;
use freehold_kernel::market::{MarketView, What};
use freehold_kernel::measure::{self, Basis, Measure, Reading, Reduction, Window};
use freehold_pipeline::books::Books;
use serde_json::{Value, json};

use super::answer::cell_value;
use super::api::market::Named;
use crate::config::Undisclosed;
use crate::query::markets::value_cell;

/// Whether a measure's values are prices that were paid.
fn is_of_closings(measure: &Measure, variant: &str) -> bool {
    let Basis::Events { sorts, .. } = measure.basis else {
        return false;
    };
    let paid = [What::Close, What::SaleToList, What::SaleToOriginal];
    measure.reduction != Reduction::Count && sorts(variant).iter().any(|what| paid.contains(what))
}

/// What a reading of closing prices rests on in a market that lies in such areas, wholly or in part; null for any other.
pub(crate) fn rests_on(
    areas: &[Undisclosed],
    books: &Books,
    (named, view): (&Named, &MarketView<'_>),
    (measure, variant): (&Measure, &str),
    reading: Reading,
) -> Value {
    if named.kind != Kind::Sale || !is_of_closings(measure, variant) {
        return Value::Null;
    }
    let levels = &books.engine.plan().levels;
    let (mut inside, mut all, mut found) = (0, 0, Vec::new());
    for shard in books.engine.shards() {
        let markets = shard.markets();
        for leaf in markets.leaves_of(named.level, &named.area, named.kind) {
            let is_here = |one: &&Undisclosed| {
                let level = levels.iter().position(|level| level.name == one.level);
                level.is_some_and(|level| markets.area_name(*leaf, level as u8) == one.area)
            };
            let here = areas.iter().find(is_here);
            all += 1;
            inside += u64::from(here.is_some());
            if let Some(here) = here.filter(|here| !found.contains(&here.id())) {
                found.push(here.id());
            }
        }
    }
    if inside == 0 {
        return Value::Null;
    }
    found.sort_unstable();
    let closings = reading.n + reading.n_excluded;
    let places = found.join(", ");
    json!({
        "areas": found,
        "whole": inside == all,
        "with_price": reading.n,
        "closings": closings,
        "words": format!("What was paid need not be disclosed in {places}: this rests on {} of {closings} closings, those whose feed tells a price", reading.n),
        "instead": asked_instead(measure, named, view),
    })
}

/// The same of what is asked now; null where there is none.
fn asked_instead(measure: &Measure, named: &Named, view: &MarketView<'_>) -> Value {
    let id = measure.id.replace("close_price", "list_price");
    let Some(other) = measure::find(&id).filter(|other| other.id != measure.id) else {
        return Value::Null;
    };
    let market = named.reader(view);
    let period = Window::Now.period(market.today());
    let reading = (other.read)(&market, period, other.variants[0]);
    json!({
        "measure": other.id,
        "title": other.title,
        "unit": other.unit.name(),
        "value": cell_value(&value_cell(reading.value)),
        "n": reading.n,
    })
}
