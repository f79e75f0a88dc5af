//! From a request to the endpoint that answers it.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::routing::get;

use super::answer::{Answer, json_answer, problem, problem_of};
use super::endpoints::{Cost, ENDPOINTS, Endpoint, Gives, STREAM};
use super::params::Params;
use super::{Asked, Form, Server, live, openapi, page};

/// Every route.
pub(crate) fn router(server: Arc<Server>) -> Router {
    let mut router = Router::new();
    for endpoint in ENDPOINTS {
        router = router.route(endpoint.path, get(handler(endpoint, Form::Json)));
        if endpoint.gives == Gives::Rows {
            let path = format!("{}.csv", endpoint.path);
            router = router.route(&path, get(handler(endpoint, Form::Csv)));
        }
    }
    router = router.route("/v1/stream", get(stream)).route(
        "/v1/openapi.json",
        get(async || json_answer(&openapi::document())),
    );
    page::routes(router)
        .fallback(nothing)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(Arc::clone(&server), guard))
        .with_state(server)
}

/// Methods that are answered at all.
async fn wrong_method(method: Method) -> Answer {
    let mut answer = problem(
        StatusCode::METHOD_NOT_ALLOWED,
        &format!("{method} is not answered here; GET is"),
        None,
    );
    answer
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    answer
}

async fn nothing(uri: Uri) -> Answer {
    let path: String = uri.path().chars().take(200).collect();
    problem(
        StatusCode::NOT_FOUND,
        &format!("there is nothing at {path:?}; /v1/openapi.json says what there is"),
        None,
    )
}

/// Checks the token and the body, counts the answer, and sets what every answer carries.
async fn guard(State(server): State<Arc<Server>>, request: Request, next: Next) -> Answer {
    let refusal = refusal(&server, &request);
    let mut answer = match refusal {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    let class = usize::from(answer.status().as_u16() / 100)
        .saturating_sub(2)
        .min(3);
    server.requests.by_class[class].fetch_add(1, Ordering::Relaxed);
    let headers = answer.headers_mut();
    let fixed = [
        (
            "Content-Security-Policy",
            "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

fn refusal(server: &Server, request: &Request) -> Option<Answer> {
    let headers = request.headers();
    let has_body = headers.contains_key(header::TRANSFER_ENCODING)
        || headers
            .get(header::CONTENT_LENGTH)
            .is_some_and(|length| length != "0");
    if has_body {
        let detail = "nothing here takes a body";
        return Some(problem(StatusCode::PAYLOAD_TOO_LARGE, detail, None));
    }
    // Without a token only this machine asks; a page of another site in its browser must not.
    if server.token.is_none() && !is_of_this_machine(headers.get(header::HOST)) {
        let detail = "the Host header names another machine; ask for 127.0.0.1 or localhost";
        return Some(problem(StatusCode::MISDIRECTED_REQUEST, detail, None));
    }
    let token = server.token.as_ref()?;
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let given = given
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    if same(given.as_bytes(), token.as_bytes()) {
        return None;
    }
    let mut answer = problem(
        StatusCode::UNAUTHORIZED,
        "a bearer token is needed: Authorization: Bearer TOKEN",
        None,
    );
    answer
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    Some(answer)
}

fn is_of_this_machine(host: Option<&HeaderValue>) -> bool {
    let Some(host) = host else { return true };
    let Ok(host) = host.to_str() else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    // A name that only begins like an address may be anybody's.
    let is_loopback = |ip: IpAddr| ip.is_loopback();
    let bare = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    name.eq_ignore_ascii_case("localhost") || bare.unwrap_or(name).parse().is_ok_and(is_loopback)
}

/// Compares in a time that does not tell where two secrets differ.
fn same(left: &[u8], right: &[u8]) -> bool {
    let differing = left
        .iter()
        .zip(right)
        .fold(0u8, |sum, (left, right)| sum | (left ^ right));
    left.len() == right.len() && differing == 0
}

type Names = Result<RawPathParams, RawPathParamsRejection>;
type Handled = std::pin::Pin<Box<dyn Future<Output = Answer> + Send>>;

fn handler(
    endpoint: &'static Endpoint,
    form: Form,
) -> impl Fn(State<Arc<Server>>, Names, Uri) -> Handled + Clone + Send + Sync + 'static {
    move |State(server), names, uri| {
        let names = names.map(|names| names.iter().map(|(_, value)| value.to_owned()).collect());
        Box::pin(async move {
            let Ok(names) = names else {
                let detail = "the path holds bytes that are no UTF-8 text";
                return problem(StatusCode::BAD_REQUEST, detail, None);
            };
            answer(endpoint, form, &server, names, &uri)
        })
    }
}

fn answer(
    endpoint: &Endpoint,
    form: Form,
    server: &Server,
    names: Vec<String>,
    uri: &Uri,
) -> Answer {
    let query = uri.query().unwrap_or_default();
    let params = match Params::read(query, endpoint.params) {
        Ok(params) => params,
        Err(error) => return problem_of(&error),
    };
    let asked = Asked {
        server,
        params,
        names,
        form,
        path: uri.path(),
        query,
    };
    // The past is never quick.
    let cost = match asked.params.text("as_of") {
        Some(_) => Cost::Long,
        None => endpoint.cost,
    };
    let run = || {
        let _turn = (cost == Cost::Long).then(|| server.turn());
        (endpoint.run)(&asked).unwrap_or_else(|error| problem_of(&error))
    };
    // To hand the thread's other work to another one takes longer than a quick answer.
    if cost == Cost::Quick {
        run()
    } else {
        tokio::task::block_in_place(run)
    }
}

async fn stream(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let uri = request.uri();
    let query = uri.query().unwrap_or_default();
    let last_id = request
        .headers()
        .get("last-event-id")
        .and_then(|id| id.to_str().ok());
    let params = match Params::read(query, STREAM) {
        Ok(params) => params,
        Err(error) => return problem_of(&error),
    };
    let asked = Asked {
        server: &server,
        params,
        names: Vec::new(),
        form: Form::Json,
        path: uri.path(),
        query,
    };
    tokio::task::block_in_place(|| live::answer(&server, &asked, last_id))
        .unwrap_or_else(|error| problem_of(&error))
}
