//! `/v1/measures`: what each measure counts, and how others define theirs.

use anyhow::Result;
use freehold_kernel::measure::{MEASURES, Measure, Nature, Unit};
use freehold_pipeline::books::{Books, read};
use freehold_pipeline::driver::SharedLog;
use serde_json::{Value, json};

use crate::output::Cell;
use crate::query::{EachRow, Mark, Table};
use crate::server::answer::{Answer, json_answer};
use crate::server::list::list;
use crate::server::{Asked, Form};

const COLUMNS: &[&str] = &[
    "measure",
    "title",
    "unit",
    "nature",
    "reduction",
    "variants",
    "windows",
    "definition",
    "formula",
    "denominator",
    "source",
    "accumulators",
    "twin",
];

/// The registry as a table.
struct MeasureTable;

impl Table for MeasureTable {
    fn columns(&self) -> &'static [&'static str] {
        COLUMNS
    }

    fn each(
        &self,
        _: &Books,
        _: &SharedLog,
        after: Option<&Mark>,
        each: EachRow<'_>,
    ) -> Result<()> {
        let told = after.and_then(|mark| mark.first());
        let told = told.and_then(|id| MEASURES.iter().position(|measure| measure.id == id));
        for measure in &MEASURES[told.map_or(0, |told| told + 1)..] {
            let windows = measure.windows().iter().map(|window| window.name());
            let cells = vec![
                Cell::text(measure.id),
                Cell::text(measure.title),
                Cell::text(measure.unit.name()),
                Cell::text(nature(measure)),
                Cell::text(measure.reduction.name()),
                Cell::text(measure.variants.join(" ")),
                Cell::text(windows.collect::<Vec<_>>().join(" ")),
                Cell::text(measure.definition),
                Cell::text(measure.formula()),
                Cell::text(measure.denominator),
                Cell::text(measure.source),
                Cell::text(measure.accumulators()),
                Cell::text(measure.twin),
            ];
            if !each(cells, &|| vec![measure.id.to_owned()])? {
                break;
            }
        }
        Ok(())
    }
}

pub(crate) fn answer(asked: &Asked<'_>) -> Result<Answer> {
    if asked.form == Form::Csv {
        return list(asked, &MeasureTable);
    }
    let rows: Vec<Value> = MEASURES.iter().map(|measure| value(measure)).collect();
    let position = read(&asked.server.books).engine.position();
    Ok(json_answer(
        &json!({"position": position, "as_of": null, "rows": rows, "next": null}),
    ))
}

fn value(measure: &Measure) -> Value {
    json!({
        "measure": measure.id,
        "title": measure.title,
        "unit": measure.unit.name(),
        "nature": nature(measure),
        "reduction": measure.reduction.name(),
        "variants": measure.variants,
        "windows": measure.windows().iter().map(|window| window.name()).collect::<Vec<_>>(),
        "definition": measure.definition,
        "formula": measure.formula(),
        "denominator": measure.denominator,
        "source": measure.source,
        "accumulators": measure.accumulators(),
        "twin": measure.twin,
        "elsewhere": elsewhere(measure),
    })
}

fn nature(measure: &Measure) -> &'static str {
    match measure.nature {
        Nature::Stock => "stock",
        Nature::Flow => "flow",
    }
}

/// How publishers define a number of the same name.
pub(crate) fn elsewhere(measure: &Measure) -> Value {
    let (redfin, realtor, zillow) = match (measure.unit, measure.nature) {
        (Unit::Money, Nature::Stock) | (Unit::MoneyPerArea, Nature::Stock) => (
            "median over listings that were active at any time in the period, not at its end",
            "median over active listings of a month's days; excludes pending where the MLS tells them apart",
            "smoothed, seasonally adjusted mean of the middle tercile of list prices",
        ),
        (Unit::Money | Unit::MoneyPerArea, Nature::Flow) => (
            "median over closings of the period by MLS and public record",
            "does not publish closed prices by month from its listings",
            "a model's value of typical homes (ZHVI) or a smoothed median of recorded sales",
        ),
        (Unit::Days, _) => (
            "median days from listing to contract, of homes that went under contract",
            "median days on market of listings active in the month, not of those sold",
            "days to pending; relisting within a gap counts on",
        ),
        (Unit::Share, _) => (
            "listings with a price drop in the period by listings active at its end",
            "listings whose price was reduced in the month by active listings",
            "listings with a cut in the month by the inventory of the month",
        ),
        (Unit::Months | Unit::Years, _) => (
            "inventory at the period's end by the closings of the period (variant redfin)",
            "does not publish it",
            "looks at sales pending rather than closed (variant contracts)",
        ),
        (Unit::Count, _) => (
            "counts by MLS status at the period's end, or events inside the period",
            "mean of daily counts over the month",
            "smoothed mean of weekly counts",
        ),
    };
    json!([
        {"publisher": "Redfin", "differs": redfin, "link": "https://www.redfin.com/news/data-center-metrics-definitions/"},
        {"publisher": "Realtor.com", "differs": realtor, "link": "https://www.realtor.com/research/data/"},
        {"publisher": "Zillow", "differs": zillow, "link": "https://www.zillow.com/research/data/"},
    ])
}
