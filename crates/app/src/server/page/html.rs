//! The HTML that a view begins with, as `web/MARKUP.md` says: it can be read before any script has run, and
//! without.

use freehold_kernel::ledger::Ledger;
use serde_json::Value;

use super::assets::base;
use super::board::{Board, BoardRow};
use super::format::{UNKNOWN, format};
use crate::server::api::instance::{FEW_FROM, NORMAL_FROM};

/// Text that is safe anywhere in HTML.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A figure: the one form in which a number stands on the page.
pub(super) struct Figure<'a> {
    pub(super) id: String,
    pub(super) value: &'a Value,
    pub(super) unit: &'a str,
    pub(super) context: &'a str,
    pub(super) class: &'a str,
    pub(super) reason: &'a str,
}

impl<'a> Figure<'a> {
    pub(super) fn new(id: impl Into<String>, value: &'a Value, unit: &'a str) -> Self {
        Self {
            id: id.into(),
            value,
            unit,
            context: "table",
            class: "",
            reason: "no value",
        }
    }

    pub(super) fn html(&self) -> String {
        let id = escape(&self.id);
        let raw = if self.value.is_null() {
            None
        } else {
            Some(self.value.to_string())
        };
        let text = format(raw.as_deref(), self.unit, self.context);
        if text == UNKNOWN {
            let reason = escape(self.reason);
            return format!(
                "<data class=\"num unknown\" data-num=\"{id}\" value=\"\" title=\"unknown: {reason}\">{UNKNOWN}<span class=\"sr\">, unknown: {reason}</span></data>"
            );
        }
        let raw = raw.unwrap_or_default();
        format!(
            "<data class=\"num{}\" data-num=\"{id}\" value=\"{}\">{}</data>",
            self.class,
            escape(&raw),
            escape(&text)
        )
    }
}

/// A view's page.
pub(super) struct Shell<'a> {
    pub(super) view: &'a str,
    pub(super) title: String,
    pub(super) main: String,
    pub(super) boot: Value,
}

impl Shell<'_> {
    pub(super) fn html(&self) -> String {
        let base = base();
        // JSON inside HTML: no `<` may end the element.
        let boot = self.boot.to_string().replace('<', "\\u003c");
        let current = |view: &str| {
            if view == self.view {
                " aria-current=\"page\""
            } else {
                ""
            }
        };
        let market = self.boot["id"]
            .as_str()
            .map_or_else(|| "/now".to_owned(), |id| format!("/market/{}", encode(id)));
        let time = self.boot["instance"]["time"].as_str().unwrap_or_default();
        let clock = time.get(11..19).unwrap_or_default();
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
             <link rel=\"icon\" href=\"{base}/icon.svg\" type=\"image/svg+xml\">\n\
             <link rel=\"stylesheet\" href=\"{base}/vendor/uplot.min.css\">\n\
             <link rel=\"stylesheet\" href=\"{base}/style.css\">\n\
             <script type=\"module\" src=\"{base}/app.js\"></script>\n</head>\n<body data-view=\"{view}\">\n\
             <a class=\"skip\" href=\"#view\">Skip to the view</a>\n<div id=\"frame\">\n<header class=\"bar\">\n\
             <a class=\"brand\" href=\"/now\">Freehold</a>\n<nav aria-label=\"Views\"><a href=\"/now\"{now}>Now</a>\
             <a href=\"{market}\"{on_market}>Market</a><a href=\"/feeds\"{feeds}>Feeds</a></nav>\n\
             <div class=\"bar-end\"><p class=\"state\" data-state=\"still\"><span class=\"state-word\">AS OF LOADING</span> \
             <time datetime=\"{time}\">{clock} UTC</time></p></div>\n</header>\n{trust}</div>\n\
             <main id=\"view\" tabindex=\"-1\">\n{main}\n</main>\n<div id=\"over\"></div>\n\
             <p id=\"status\" class=\"sr\" role=\"status\"></p>\n\
             <script type=\"application/json\" id=\"boot\">{boot}</script>\n</body>\n</html>\n",
            title = escape(&self.title),
            view = self.view,
            now = current("now"),
            on_market = current("market"),
            feeds = current("feeds"),
            trust = trust(&self.boot["ledger"]),
            main = self.main,
        )
    }
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn trust(ledger: &Value) -> String {
    if ledger.is_null() {
        return String::new();
    }
    let figure =
        |class: &str| Figure::new(format!("ledger|{class}"), &ledger[class], "count").html();
    let is_balanced = ledger["off_by"] == 0;
    let balance = if is_balanced {
        "✓".to_owned()
    } else {
        format!("✕ off by {}", figure("off_by"))
    };
    let classes = ["accepted", "duplicate", "stale", "late", "held", "rejected"];
    let parts = classes.map(|class| format!("{class} {}", figure(class)));
    format!(
        "<section class=\"trust\" aria-label=\"Trust\" data-balanced=\"{}\">\n<p class=\"ledger\"><a href=\"/feeds\">received</a> {} = {} \
         <span class=\"balance\">{balance}</span></p>\n</section>\n",
        if is_balanced { "yes" } else { "no" },
        figure("received"),
        parts.join(" + "),
    )
}

/// A table's column: key, whether it holds figures, its head as HTML, and its order if one can sort by it.
struct Column<'a>(&'a str, bool, String, Option<&'a str>);

fn table(
    name: &str,
    label: &str,
    columns: &[Column<'_>],
    rows: &[(String, Vec<String>)],
    (sort, query): (&str, &str),
) -> String {
    // An order is chosen beside what else the address asks for.
    let others: String = query
        .split('&')
        .filter(|part| !part.is_empty() && !part.starts_with("sort="))
        .map(|part| escape(&format!("{part}&")))
        .collect();
    let class = |is_number: bool| if is_number { " class=\"number\"" } else { "" };
    let mut out = format!(
        "<div class=\"table-wrap\"><table class=\"grid {name}\" role=\"grid\" aria-label=\"{}\" aria-rowcount=\"{}\">\n<thead><tr role=\"row\">",
        escape(label),
        rows.len() + 1
    );
    for (number, Column(key, is_number, head, order)) in columns.iter().enumerate() {
        let tab = if number == 0 { 0 } else { -1 };
        let (sorted, head) = match order {
            None => (String::new(), head.clone()),
            Some(order) => {
                let direction = match (*order == sort, *order) {
                    (false, _) => "none",
                    (true, "name") => "ascending",
                    (true, _) => "descending",
                };
                (
                    format!(" aria-sort=\"{direction}\""),
                    format!("<a href=\"/now?{others}sort={order}\">{head}</a>"),
                )
            }
        };
        out.push_str(&format!(
            "<th role=\"columnheader\" scope=\"col\" data-column=\"{key}\"{}{sorted} tabindex=\"{tab}\">{head}</th>",
            class(*is_number)
        ));
    }
    out.push_str("</tr></thead>\n<tbody>");
    for (key, cells) in rows {
        out.push_str(&format!("<tr role=\"row\" data-row=\"{}\">", escape(key)));
        for (number, (Column(column, is_number, ..), cell)) in columns.iter().zip(cells).enumerate()
        {
            let (open, close) = if number == 0 {
                ("th role=\"rowheader\" scope=\"row\"", "th")
            } else {
                ("td role=\"gridcell\"", "td")
            };
            out.push_str(&format!(
                "<{open} data-column=\"{column}\"{} tabindex=\"-1\">{cell}</{close}>",
                class(*is_number)
            ));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>");
    out
}

fn place(area: &str) -> String {
    let (name, mark) = match area.strip_suffix(freehold_kernel::plan::SIMULATED_MARK) {
        Some(name) => (name, " <span class=\"mark simulated\">simulated</span>"),
        None => (area, ""),
    };
    format!("<span data-place>{}</span>{mark}", escape(name))
}

fn direction(value: &Value) -> &'static str {
    match value.as_f64() {
        Some(value) if value > 0.0 => " up",
        Some(value) if value < 0.0 => " down",
        Some(_) => " flat",
        None => "",
    }
}

/// Words for the window of a change.
pub(super) fn window_words(window: &str) -> &'static str {
    match window {
        "1d" => "1 day",
        "7d" => "7 days",
        "30d" => "30 days",
        "90d" => "90 days",
        _ => "1 year",
    }
}

/// The view Now.
pub(super) fn now(board: &Board, sort: &str, query: &str) -> String {
    let words = window_words(board.change_window);
    let [up, down, flat, _] = board.tally.map(Value::from);
    let tally = [("up", &up), ("down", &down), ("flat", &flat)].map(|(name, value)| {
        let class = format!(" {name}");
        let figure = Figure {
            class: &class,
            ..Figure::new(format!("tally|{name}"), value, "count")
        };
        format!("{} {name}", figure.html())
    });
    let term = format!("<span data-term>{words}</span>");
    let columns = [
        Column("name", false, "Market".into(), Some("name")),
        Column("value", true, "Now".into(), Some("value")),
        Column("delta", true, format!("Δ {term}"), Some("change")),
        Column("usual", true, "× usual".into(), Some("usual")),
        Column("n", true, "n".into(), Some("n")),
        Column(
            "spark",
            false,
            "<span data-term>90 days</span>".into(),
            None,
        ),
        Column("status", false, "Status".into(), None),
    ];
    let rows: Vec<_> = board.rows.iter().map(now_row).collect();
    let empty = if rows.is_empty() {
        "<p class=\"message\">No market has enough homes yet.</p>"
    } else {
        ""
    };
    format!(
        "<h1 class=\"view-title\">{}, <span class=\"second\">change over {term} by {}</span></h1>\n<p class=\"tally\">{}</p>\n{}{empty}",
        escape(board.measure.title),
        escape(&board.level),
        tally.join(" · "),
        table(
            "movers",
            "Markets by change",
            &columns,
            &rows,
            (sort, query)
        ),
    )
}

fn now_row(row: &BoardRow) -> (String, Vec<String>) {
    let value = &row.value;
    let text = |key: &str| value[key].as_str().unwrap_or_default();
    let id = text("id");
    let n = value["n"].as_u64().unwrap_or(0);
    let few = if n < NORMAL_FROM { " few" } else { "" };
    let market = text("market");
    let delta_class = format!("{}{few}", direction(&value["delta"]));
    let name = format!(
        "<a class=\"place\" data-place href=\"/market/{}?m={}\">{}</a>{}",
        encode(market),
        escape(text("measure")),
        escape(
            row.area
                .strip_suffix(freehold_kernel::plan::SIMULATED_MARK)
                .unwrap_or(&row.area)
        ),
        if value["simulated"] == true {
            " <span class=\"mark simulated\">simulated</span>"
        } else {
            ""
        },
    );
    let status = match n {
        n if n < FEW_FROM => "too few",
        n if n < NORMAL_FROM => "few",
        _ => text("status"),
    };
    let cells = vec![
        name,
        Figure {
            class: few,
            ..Figure::new(id, &value["value"], text("unit"))
        }
        .html(),
        Figure {
            class: &delta_class,
            reason: "no value to compare with",
            ..Figure::new(format!("{id}#delta"), &value["delta"], text("delta_unit"))
        }
        .html(),
        Figure {
            class: few,
            reason: value["usual_reason"].as_str().unwrap_or("no value"),
            ..Figure::new(format!("{id}#usual"), &value["usual"], "times")
        }
        .html(),
        Figure::new(format!("{id}#n"), &value["n"], "count").html(),
        String::new(),
        format!("<span class=\"status\">{status}</span>"),
    ];
    (market.to_owned(), cells)
}

/// The view of one market.
pub(super) fn market(value: &Value) -> String {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let headline = &value["headline"];
    let id = text(headline, "id");
    let delta_class = direction(&headline["delta"]).to_owned();
    let (unit, delta_unit) = (text(headline, "unit"), text(headline, "delta_unit"));
    let columns = [
        Column("measure", false, "Measure".into(), None),
        Column("window", false, "Window".into(), None),
        Column("value", true, "Value".into(), None),
        Column("n", true, "n".into(), None),
        Column("excluded", true, "Excluded".into(), None),
        Column("date", false, "Date".into(), None),
        Column("status", false, "Status".into(), None),
    ];
    let rows: Vec<_> = value["readings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|reading| {
            let id = text(reading, "id");
            let title = freehold_kernel::measure::find(&text(reading, "measure"))
                .map_or("", |measure| measure.title);
            let variant = match text(reading, "variant").as_str() {
                "own" => String::new(),
                variant => format!(" <span data-term>{}</span>", escape(variant)),
            };
            let unit = text(reading, "unit");
            let date = escape(&text(reading, "date"));
            let cells = vec![
                format!("{}{variant}", escape(title)),
                format!(
                    "<span data-term>{}</span>",
                    escape(&text(reading, "window"))
                ),
                Figure::new(id.clone(), &reading["value"], &unit).html(),
                Figure::new(format!("{id}#n"), &reading["n"], "count").html(),
                Figure::new(format!("{id}#excluded"), &reading["n_excluded"], "count").html(),
                format!("<time datetime=\"{date}\">{date}</time>"),
                format!(
                    "<span class=\"status\">{}</span>",
                    escape(&text(reading, "status"))
                ),
            ];
            (id, cells)
        })
        .collect();
    let date = escape(&text(headline, "date"));
    format!(
        "<h1 class=\"view-title\">{}</h1>\n<p class=\"headline\"><span class=\"headline-measure\">{}</span> {} {} <span class=\"second\">\
         <span data-term>{}</span> · n {} · <span class=\"status\">{}</span> · <time datetime=\"{date}\">{date}</time></span></p>\n{}",
        place(&text(value, "area")),
        escape(&text(value, "title")),
        Figure {
            context: "full",
            ..Figure::new(id.clone(), &headline["value"], &unit)
        }
        .html(),
        Figure {
            class: &delta_class,
            reason: "no value to compare with",
            ..Figure::new(format!("{id}#delta"), &headline["delta"], &delta_unit)
        }
        .html(),
        window_words(&text(value, "change_window")),
        Figure::new(format!("{id}#n"), &headline["n"], "count").html(),
        escape(&text(headline, "status")),
        table("readings", "Readings", &columns, &rows, ("", "")),
    )
}

/// The view of the feeds.
pub(super) fn feeds(value: &Value) -> String {
    let rows = value["rows"].as_array().cloned().unwrap_or_default();
    let is_healthy = |row: &&Value| {
        row["off_by"] == 0
            && !matches!(row["state"].as_str(), Some("failing" | "stale" | "lagging"))
    };
    let healthy = Value::from(rows.iter().filter(is_healthy).count());
    let all = Value::from(rows.len());
    // Tombstones are derived, and no part of the sum.
    let [classes @ .., _] = Ledger::CLASSES;
    let mut columns = vec![
        Column("feed", false, "Feed".into(), None),
        Column("state", false, "State".into(), None),
        Column("rate", true, "Rate".into(), None),
        Column(
            "lag",
            true,
            "Lag p99".replace("99", "<span data-term>99</span>"),
            None,
        ),
    ];
    columns.extend(classes.map(|class| {
        let mut head = class.to_owned();
        head[..1].make_ascii_uppercase();
        Column(class, true, head, None)
    }));
    columns.push(Column("balance", false, "Balance".into(), None));
    columns.push(Column("last", true, "Last".into(), None));
    let order = |row: &Value| {
        let states = ["failing", "stale", "lagging", "live", "quiet", "ended"];
        let state = states
            .iter()
            .position(|state| row["state"] == *state)
            .unwrap_or(6);
        (row["off_by"] == 0, state, row["feed"].to_string())
    };
    let mut rows = rows;
    rows.sort_by_key(order);
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let feed = row["feed"].as_str().unwrap_or_default();
            let state = row["state"].as_str().unwrap_or_default();
            let figure = |field: &str, unit| {
                Figure::new(format!("feed|{feed}|{field}"), &row[field], unit).html()
            };
            let lag = row["lag_p99_ms"]
                .as_f64()
                .map_or(Value::Null, |lag| Value::from(lag / 1000.0));
            let mark = if row["simulated"] == true {
                " <span class=\"mark simulated\">simulated</span>"
            } else {
                ""
            };
            let mut cells = vec![
                format!("<span data-place>{}</span>{mark}", escape(feed)),
                format!(
                    "<span class=\"state\" data-state=\"{state}\">{}</span>",
                    state.to_uppercase()
                ),
                figure("rate", "per_s"),
                Figure {
                    reason: "not measured for a history",
                    ..Figure::new(format!("feed|{feed}|lag_p99_ms"), &lag, "s")
                }
                .html(),
            ];
            cells.extend(classes.map(|class| figure(class, "count")));
            cells.push(if row["off_by"] == 0 {
                "✓".into()
            } else {
                format!("✕ off by {}", figure("off_by", "count"))
            });
            cells.push(
                Figure {
                    reason: "nothing received yet",
                    ..Figure::new(
                        format!("feed|{feed}|silent_seconds"),
                        &row["silent_seconds"],
                        "s",
                    )
                }
                .html(),
            );
            (feed.to_owned(), cells)
        })
        .collect();
    format!(
        "<h1 class=\"view-title\">Feeds, <span class=\"second\">{} of {} healthy</span></h1>\n{}",
        Figure::new("feeds|healthy", &healthy, "count").html(),
        Figure::new("feeds|all", &all, "count").html(),
        table("feeds", "Feeds", &columns, &rows, ("", "")),
    )
}
