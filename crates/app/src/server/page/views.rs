//! The addresses of the views, each as a page, as JSON and as CSV.

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::routing::get;
use freehold_kernel::measure::Window;
use freehold_pipeline::books::read;
use serde_json::{Value, json};

use super::board::{self, Board, change_window, compare};
use super::history::Wanted;
use super::{assets, html};
use crate::query::BadQuestion;
use crate::server::answer::{Answer, body, fault_of, json_answer, problem_of};
use crate::server::api::market::Named;
use crate::server::api::series::what_of;
use crate::server::api::{feeds, instance, market, series};
use crate::server::disclosure::rests_on;
use crate::server::list::{Page, write};
use crate::server::params::{Param, Params, Shape};
use crate::server::{Asked, Form, Server, live};

const MEASURE: Param = Param::new("m", Shape::Text, "A measure");
const VARIANT: Param = Param::new("variant", Shape::Text, "A variant of the measure");
const CHANGE: Param = Param::new("w", Shape::Text, "The window of the change");
const LEVEL: Param = Param::new("g", Shape::Text, "A level");
const PLACE: Param = Param::new("in", Shape::Text, "A state");
const SEGMENT: Param = Param::new("type", Shape::Text, "A segment");
const KIND: Param = Param::new("kind", Shape::Text, "sale or lease");
const LEAST: Param = Param::new("n", Shape::Number(0, 1_000_000), "The least n");
const SORT: Param = Param::new("sort", Shape::Text, "The order");
const AS_OF: Param = Param::new("asof", Shape::Text, "A past moment");
const LIMIT: Param = Param::new("limit", Shape::Number(1, 10_000), "The most rows");
/// What only the page's scripts read.
const OF_THE_PAGE: [&Param; 12] = [
    &Param::new("vs", Shape::Text, ""),
    &Param::new("sel", Shape::Text, ""),
    &Param::new("x", Shape::Text, ""),
    &Param::new("live", Shape::Text, ""),
    &Param::new("cls", Shape::Text, ""),
    &Param::new("cmp", Shape::Repeated, ""),
    &Param::new("span", Shape::Text, ""),
    &Param::new("print", Shape::Text, ""),
    &Param::new("feed", Shape::Text, ""),
    &Param::new("position", Shape::Text, ""),
    &Param::new("rank", Shape::Text, ""),
    &Param::new("t", Shape::Text, ""),
];
const NOW: &[&Param] = &[
    &MEASURE, &VARIANT, &CHANGE, &LEVEL, &PLACE, &SEGMENT, &KIND, &LEAST, &SORT, &AS_OF, &LIMIT,
];
const MARKET: &[&Param] = &[&MEASURE, &VARIANT, &CHANGE, &SEGMENT, &KIND, &AS_OF];
const FEEDS: &[&Param] = &[&AS_OF];

/// A form of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Twin {
    Html,
    Json,
    Csv,
}

/// A view: what it takes and who makes it.
#[derive(Clone, Copy)]
struct View {
    name: &'static str,
    params: &'static [&'static Param],
    data: fn(&Asked<'_>) -> Result<Value>,
    csv: fn(&Asked<'_>) -> Result<Answer>,
    /// The data, and the HTML of it.
    main: fn(&Asked<'_>) -> Result<(Value, String)>,
    title: fn(&Value) -> String,
}

const NOW_VIEW: View = View {
    name: "now",
    params: NOW,
    data: |asked| Ok(Board::of(asked)?.json(asked)),
    csv: |asked| {
        let board = Board::of(asked)?;
        let position = board.position;
        write(
            asked,
            board::COLUMNS,
            Page {
                rows: board.cells(),
                next: None,
            },
            position,
            Value::Null,
        )
    },
    main: |asked| {
        let board = Board::of(asked)?;
        let sort = asked.params.text("sort").unwrap_or("usual");
        let main = html::now(&board, sort, asked.query);
        Ok((board.json(asked), main))
    },
    title: |value| {
        format!(
            "Now · {} · Freehold",
            value["title"].as_str().unwrap_or_default().to_lowercase()
        )
    },
};

const MARKET_VIEW: View = View {
    name: "market",
    params: MARKET,
    data: market_data,
    csv: market_csv,
    main: |asked| {
        let value = market_data(asked)?;
        let main = html::market(&value);
        Ok((value, main))
    },
    title: |value| {
        let text = |key: &str| value[key].as_str().unwrap_or_default();
        format!(
            "{} · {} · Freehold",
            text("area"),
            text("title").to_lowercase()
        )
    },
};

const FEEDS_VIEW: View = View {
    name: "feeds",
    params: FEEDS,
    data: feeds_data,
    csv: feeds::answer,
    main: |asked| {
        let value = feeds_data(asked)?;
        let main = html::feeds(&value);
        Ok((value, main))
    },
    title: |_| "Feeds · Freehold".to_owned(),
};

/// Adds the page's addresses.
pub(crate) fn routes(router: Router<Arc<Server>>) -> Router<Arc<Server>> {
    let fixed = |view: View, twin: Twin| {
        get(
            move |State(server): State<Arc<Server>>, uri: Uri| async move {
                tokio::task::block_in_place(|| answer(view, twin, &server, Vec::new(), &uri))
            },
        )
    };
    let home = get(async || {
        let mut answer = body(
            StatusCode::TEMPORARY_REDIRECT,
            "text/plain; charset=utf-8",
            b"see /now\n".to_vec(),
        );
        answer
            .headers_mut()
            .insert(header::LOCATION, HeaderValue::from_static("/now"));
        answer
    });
    let market = get(
        |State(server): State<Arc<Server>>, Path(id): Path<String>, uri: Uri| async move {
            let (id, twin) = match (id.strip_suffix(".json"), id.strip_suffix(".csv")) {
                (Some(id), _) => (id.to_owned(), Twin::Json),
                (_, Some(id)) => (id.to_owned(), Twin::Csv),
                _ => (id, Twin::Html),
            };
            tokio::task::block_in_place(|| answer(MARKET_VIEW, twin, &server, vec![id], &uri))
        },
    );
    router
        .route("/", home.clone())
        // A market is chosen in Now.
        .route("/market", home)
        .route("/now", fixed(NOW_VIEW, Twin::Html))
        .route("/now.json", fixed(NOW_VIEW, Twin::Json))
        .route("/now.csv", fixed(NOW_VIEW, Twin::Csv))
        .route("/feeds", fixed(FEEDS_VIEW, Twin::Html))
        .route("/feeds.json", fixed(FEEDS_VIEW, Twin::Json))
        .route("/feeds.csv", fixed(FEEDS_VIEW, Twin::Csv))
        .route("/market/{id}", market)
        .route("/assets/{hash}/{*name}", get(assets::answer))
}

fn answer(view: View, twin: Twin, server: &Server, names: Vec<String>, uri: &Uri) -> Answer {
    let query = uri.query().unwrap_or_default();
    let mut known: Vec<&Param> = view.params.to_vec();
    if twin == Twin::Html {
        known.extend(OF_THE_PAGE);
    }
    let form = if twin == Twin::Csv {
        Form::Csv
    } else {
        Form::Json
    };
    let made = Params::read(query, &known).and_then(|params| {
        let asked = Asked {
            server,
            params,
            names,
            form,
            path: uri.path(),
            query,
        };
        match twin {
            Twin::Json => Ok(json_answer(&(view.data)(&asked)?)),
            Twin::Csv => (view.csv)(&asked),
            Twin::Html => page(view, &asked),
        }
    });
    match made.map_err(in_page_words) {
        Ok(answer) => answer,
        Err(error) if twin == Twin::Html => problem_page(view, server, &error),
        Err(error) => problem_of(&error),
    }
}

/// Names a parameter as the page's addresses do.
fn in_page_words(error: anyhow::Error) -> anyhow::Error {
    let words = [
        ("measure", "m"),
        ("window", "w"),
        ("level", "g"),
        ("as_of", "asof"),
        ("segment", "type"),
    ];
    match error.downcast::<BadQuestion>() {
        Ok(bad) => {
            let found = words.iter().find(|(name, _)| *name == bad.parameter);
            let name =
                found.map_or_else(|| bad.parameter.to_string(), |(_, word)| (*word).to_owned());
            BadQuestion::at(name, bad.cause)
        }
        Err(other) => other,
    }
}

fn page(view: View, asked: &Asked<'_>) -> Result<Answer> {
    let (mut boot, main) = (view.main)(asked)?;
    let title = (view.title)(&boot);
    add_instance(&mut boot, asked.server);
    let shell = html::Shell {
        view: view.name,
        title,
        main,
        boot,
    };
    Ok(body(
        StatusCode::OK,
        "text/html; charset=utf-8",
        shell.html().into_bytes(),
    ))
}

fn add_instance(boot: &mut Value, server: &Server) {
    let books = read(&server.books);
    boot["instance"] = instance::value(server, &books);
    boot["ledger"] = live::ledger(server, &books);
    boot["assets"] = json!(assets::base());
}

/// A refused address is a page too, that says what was wrong.
fn problem_page(view: View, server: &Server, error: &anyhow::Error) -> Answer {
    let (status, cause, parameter) = fault_of(error);
    let main = format!(
        "<p class=\"message\" role=\"alert\">{}</p>",
        html::escape(&cause)
    );
    let mut boot =
        json!({"problem": {"status": status.as_u16(), "detail": cause, "parameter": parameter}});
    add_instance(&mut boot, server);
    let shell = html::Shell {
        view: view.name,
        title: "Freehold".into(),
        main,
        boot,
    };
    body(
        status,
        "text/html; charset=utf-8",
        shell.html().into_bytes(),
    )
}

fn feeds_data(asked: &Asked<'_>) -> Result<Value> {
    Ok(feeds::value(asked.server, &read(&asked.server.books)))
}

fn market_data(asked: &Asked<'_>) -> Result<Value> {
    let (measure, variant, window) = what_of(asked, "m", Some("median_list_price"))?;
    let (change_name, change_days) = change_window(asked)?;
    let (named, end, mut value) = {
        let _turn = asked.params.text("asof").map(|_| asked.server.turn());
        let books = read(&asked.server.books);
        let named = Named::of(asked, &books, &asked.names[0])?;
        let moment = asked.moment(&books, "asof")?;
        let as_of = (asked.params.text("asof"), moment);
        let text = market::text_as_of(asked, &books, &asked.names[0], as_of)?;
        let mut value: Value = serde_json::from_str(&text)?;
        if as_of.1.as_of.is_none() {
            let view = books.engine.view();
            let market = named.reader(&view);
            let period = window.period(window.date(market.today()));
            let reading = (measure.read)(&market, period, variant);
            let areas = &asked.server.undisclosed;
            let what = (measure, variant);
            value["rests_on"] = rests_on(areas, &books, (&named, &view), what, reading);
        }
        (named, moment.past_day(), value)
    };
    let wanted = Wanted {
        level: named.level,
        kind: named.kind,
        segment: named.segment,
        measure: measure.id,
        variant,
        window,
        change_days,
        end,
    };
    let history = asked.server.histories.get(asked.server, measure, &wanted);
    let found = value["readings"].as_array().and_then(|readings| {
        let is_it = |reading: &&Value| {
            reading["measure"] == measure.id
                && reading["variant"] == variant
                && reading["window"] == window.name()
        };
        readings.iter().find(is_it).cloned()
    });
    let mut headline = found.unwrap_or(Value::Null);
    let compared = compare(
        &history,
        &named.area,
        measure.unit,
        change_days,
        history.today,
        headline["value"].as_f64(),
    );
    headline["market"] = json!(named.id());
    compared.tell(measure.unit, &mut headline);
    headline["feeds"] = value["feeds"].clone();
    headline["simulated"] = value["simulated"].clone();
    headline["updates"] = value["updates"].clone();
    value["headline"] = headline;
    value["measure"] = json!(measure.id);
    value["title"] = json!(measure.title);
    value["unit"] = json!(measure.unit.name());
    value["change_window"] = json!(change_name);
    Ok(value)
}

fn market_csv(asked: &Asked<'_>) -> Result<Answer> {
    let (measure, variant, window) = what_of(asked, "m", Some("median_list_price"))?;
    let window = if window == Window::Trailing30 || window == Window::Trailing90 {
        Window::Month
    } else {
        window
    };
    series::series(asked, (measure, variant, window), true)
}
