//! The reader's pages over HTTP, on a free port, with a database on disk and one edition sent: what each page shows, what each act changes,
//! and that nothing else changes anything.

use gleaner::{
    app::{App, daemon},
    domain::{ConsentAct, Preferences, SubscriberId, SubscriberState},
    feedback::links::{self, Claim, Purpose},
    web::server::serve,
};
use reqwest::{
    Client, Method, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderMap},
    redirect,
};
use std::{net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, sync::Notify};
use tokio_util::sync::CancellationToken;

use crate::program::{self, Program, email, monday, page, training_day};

const FORM: &str = "application/x-www-form-urlencoded";

/// The pages of a program with one edition sent to one reader.
pub struct Pages {
    program: Program,
    pub app: Arc<App>,
    address: SocketAddr,
    client: Client,
    stop: CancellationToken,
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Pages {
    pub async fn new() -> Self {
        let bare = serde_json::json!({"@type": "EducationEvent", "name": "Network meeting for museum learning staff", "startDate": "2027-03-19"});
        Self::showing(&[training_day("Collections care training for museum staff", "2027-03-16T10:00:00+00:00"), bare]).await
    }

    async fn showing(events: &[serde_json::Value]) -> Self {
        let program = Program::new("approval = \"person\"", &page(events)).await;
        let app = Arc::new(program.at(monday()).await);
        program::collect(&app).await;
        program::subscribe(&app, &["reader@reader.example"]).await;
        program::send_edition(&app).await;
        let web = daemon::pages(&app, Arc::new(Notify::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        tokio::spawn(serve(listener, web, stop.clone()));
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
        Self { program, app, address, client, stop }
    }

    async fn ask(&self, method: Method, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Response {
        let request = self.client.request(method, format!("http://{}{path}", self.address)).header(CONTENT_TYPE, content_type);
        request.body(body).send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> (StatusCode, String) {
        let answer = self.client.get(format!("http://{}{path}", self.address)).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    pub async fn post(&self, path: &str, form: &str) -> (StatusCode, String) {
        let answer = self.ask(Method::POST, path, FORM, form.to_owned()).await;
        (answer.status(), answer.text().await.unwrap())
    }

    /// Signs up and lets the daemon answer; the mail that goes out, if one does.
    async fn sign_up(&self, address: &str) -> (StatusCode, String, Option<Vec<u8>>) {
        let (status, text) = self.post("/culture/subscribe", &format!("email={}&name=Jo", address.replace('@', "%40"))).await;
        let before = self.program.outbox();
        let sent = self.app.tend_sign_ups().await.unwrap();
        let mut mails: Vec<Vec<u8>> = self.program.outbox().into_iter().filter(|m| !before.contains(m)).collect();
        assert_eq!(mails.len(), sent);
        (status, text, mails.pop())
    }

    pub async fn bulletin(&self) -> gleaner::store::bulletin::Bulletin {
        program::bulletin(&self.app).await
    }

    /// The path of a link with which `subscriber` can do something.
    pub async fn link(&self, purpose: Purpose, subscriber: SubscriberId) -> String {
        let until = (purpose == Purpose::Confirm).then(|| monday() + chrono::TimeDelta::days(7));
        let claim = Claim { purpose, subscriber, bulletin: self.bulletin().await.id, until, nonce: 0 };
        format!("/{purpose}/{}", claim.token(&self.app.secret))
    }

    pub async fn reader(&self) -> SubscriberId {
        self.person("reader@reader.example").await.id
    }

    async fn person(&self, address: &str) -> gleaner::store::subscriber::Subscriber {
        let organisation = self.bulletin().await.organisation_id;
        self.app.store.subscriber_by_email(organisation, &email(address)).await.unwrap().unwrap()
    }

    async fn state(&self, subscriber: SubscriberId) -> SubscriberState {
        self.app.store.subscription_state(subscriber, self.bulletin().await.id).await.unwrap().unwrap()
    }

    /// What the consent ledger says of an address: the acts and the way each came.
    pub async fn ledger(&self, address: &str) -> Vec<(ConsentAct, String)> {
        let hash = self.app.secret.email_hash(&email(address));
        let entries = self.app.store.consent_history(self.bulletin().await.organisation_id, &hash).await.unwrap();
        entries.into_iter().map(|c| (c.act, c.channel)).collect()
    }
}

#[tokio::test]
async fn the_home_page_lists_what_was_sent_and_offers_to_sign_up() {
    let pages = Pages::new().await;
    for path in ["/", "/culture"] {
        let (status, text) = pages.get(path).await;
        assert_eq!(status, StatusCode::OK);
        assert!(text.contains("<h1>Culture Bulletin</h1>") && text.contains("href=\"/culture/editions/1\""), "{text}");
        assert!(text.contains("method=\"post\" action=\"/culture/subscribe\"") && text.contains("1 Sample Street"), "{text}");
    }
}

#[tokio::test]
async fn every_item_of_an_edition_states_its_facts_or_says_that_they_are_not_stated() {
    let pages = Pages::new().await;
    let (status, text) = pages.get("/culture/editions/1").await;
    assert_eq!(status, StatusCode::OK);
    let items: Vec<&str> = text.split("<article").skip(1).map(|a| a.split("</article>").next().unwrap()).collect();
    let facts = |item: &str| -> Vec<String> { item.split("<dd>").skip(1).map(|f| f.split("</dd>").next().unwrap().to_owned()).collect() };
    assert_eq!(items.len(), 2, "{text}");
    for item in &items {
        assert!(item.contains("<h3>"));
        for label in ["When", "Where", "Who", "Cost"] {
            assert_eq!(item.matches(&format!("<dt>{label}</dt>")).count(), 1, "{item}");
        }
    }
    let full = items.iter().find(|i| i.contains("Collections care")).unwrap();
    assert_eq!(facts(full), ["Tuesday 16 March 2027, 10am", "Leeds (The Mill)", "Northfield Museum Network (new to us)", "£25"]);
    let bare = items.iter().find(|i| i.contains("Network meeting")).unwrap();
    assert_eq!(facts(bare), ["Friday 19 March 2027", "not stated", "Northfield Museum Network (new to us)", "not stated"]);
}

#[tokio::test]
async fn what_was_not_sent_and_what_is_not_there_is_not_found_and_says_what_to_do() {
    let pages = Pages::new().await;
    let bulletin = pages.bulletin().await;
    gleaner::curate::draft::draft(&pages.app.store, &bulletin, None, true, monday()).await.unwrap();
    let absent =
        ["/nothing", "/culture/editions/2", "/culture/editions/99", "/culture/editions/-1", "/culture/editions/one", "/CULTURE/x/y", "/a/b/c"];
    for path in absent {
        let (status, text) = pages.get(path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(text.contains("<h1>Page not found</h1>") && text.contains("Check the address"), "{path}: {text}");
    }
    let (status, text) = pages.get("/%ff").await;
    assert!(status == StatusCode::BAD_REQUEST && text.contains("<h1>"), "an address that is no text: {text}");
}

#[tokio::test]
async fn health_and_metrics_are_for_machines() {
    let pages = Pages::new().await;
    assert_eq!(pages.get("/health").await, (StatusCode::OK, "ok\n".into()));
    let answer = pages.ask(Method::GET, "/metrics", FORM, "").await;
    assert!(answer.headers()[CONTENT_TYPE].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    let text = answer.text().await.unwrap();
    assert!(text.contains("# TYPE gleaner_http_requests_total counter") && text.contains("gleaner_http_requests_total{status=\"2xx\"}"), "{text}");
    assert!(!text.contains("reader.example"));
}

#[tokio::test]
async fn who_signs_up_confirms_once_chooses_and_leaves_with_one_click() {
    let pages = Pages::new().await;
    let (status, text, confirmation) = pages.sign_up("jo@reader.example").await;
    assert!(status == StatusCode::OK && text.contains("Look in your inbox"), "{text}");
    let jo = pages.person("jo@reader.example").await.id;
    assert_eq!(pages.state(jo).await, SubscriberState::Pending);

    let path = link_in(&confirmation.unwrap(), "jo@reader.example");
    let (status, text) = pages.get(&path).await;
    assert!(status == StatusCode::OK && text.contains(&format!("method=\"post\" action=\"{path}\"")), "{text}");
    assert_eq!(pages.state(jo).await, SubscriberState::Pending, "looking confirms nothing");
    let (status, text) = pages.post(&path, "").await;
    assert!(status == StatusCode::OK && text.contains("You are on the list"), "{text}");
    assert_eq!(pages.state(jo).await, SubscriberState::Active);
    let (status, text) = pages.post(&path, "").await;
    assert!(status == StatusCode::GONE && text.contains("This link was used already"), "{text}");

    let path = pages.link(Purpose::Preferences, jo).await;
    let (status, text) = pages.get(&path).await;
    assert!(status == StatusCode::OK && text.contains("name=\"region\" value=\"nw\""), "{text}");
    let (status, text) = pages.post(&path, "region=nw&region=yh&need=fund&format=onl&cost_max=%C2%A340&frequency=monthly&stage=nonsense").await;
    assert!(status == StatusCode::OK && text.contains("Saved"), "{text}");
    let wanted: Preferences = pages.person("jo@reader.example").await.preferences;
    assert_eq!((wanted.region, wanted.need, wanted.format), (vec!["nw".into(), "yh".into()], vec!["fund".into()], vec!["onl".into()]));
    assert_eq!((wanted.cost_max.unwrap().minor, wanted.frequency.as_str(), wanted.stage.len()), (4_000, "monthly", 0));
    assert!(pages.get(&path).await.1.contains("value=\"nw\" checked"), "the form shows what was saved");

    let path = pages.link(Purpose::Unsubscribe, jo).await;
    let (status, text) = pages.post(&path, "List-Unsubscribe=One-Click").await;
    assert!(status == StatusCode::OK && text.contains("You have left the list"), "{text}");
    assert_eq!(pages.state(jo).await, SubscriberState::Unsubscribed);
    let acts = [(ConsentAct::Asked, "web"), (ConsentAct::Confirmed, "web"), (ConsentAct::Withdrawn, "one_click")];
    assert_eq!(pages.ledger("jo@reader.example").await, acts.map(|(act, channel)| (act, channel.to_owned())));
}

/// The path of the link in a confirmation. Nothing but the address of what was typed is in the mail.
fn link_in(mail: &[u8], to: &str) -> String {
    let mail = mail_parser::MessageParser::default().parse(mail).unwrap();
    assert_eq!(mail.to().unwrap().first().unwrap().address(), Some(to));
    assert_eq!(mail.subject(), Some("Please confirm: Culture Bulletin"));
    let text = mail.body_text(0).unwrap();
    assert!(!text.split_whitespace().any(|w| w.trim_matches(',') == "Jo"), "{text}");
    let link = text.split_whitespace().find(|w| w.starts_with("https://bulletin.example/confirm/")).unwrap();
    link.strip_prefix("https://bulletin.example").unwrap().to_owned()
}

#[tokio::test]
async fn one_click_works_as_the_standard_says() {
    let pages = Pages::new().await;
    let reader = pages.reader().await;
    let mail = pages.program.outbox().remove(0);
    let mail = mail_parser::MessageParser::default().parse(&mail).unwrap();
    assert_eq!(mail.header_raw("List-Unsubscribe-Post").unwrap().trim(), "List-Unsubscribe=One-Click");
    let header = mail.header_raw("List-Unsubscribe").unwrap();
    let path = header.split(['<', '>']).find_map(|part| part.strip_prefix("https://bulletin.example")).unwrap().to_owned();
    assert_eq!(path, pages.link(Purpose::Unsubscribe, reader).await);
    // RFC 8058 s3.1 allows both encodings, forbids cookies and redirects.
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    for (content_type, body) in [("multipart/form-data; boundary=b", multipart), (FORM, "List-Unsubscribe=One-Click")] {
        let answer = pages.ask(Method::POST, &path, content_type, body).await;
        assert_eq!(answer.status(), StatusCode::OK, "{content_type}");
        assert!(!answer.headers().contains_key("set-cookie") && !answer.headers().contains_key("location"));
        assert_eq!(pages.state(reader).await, SubscriberState::Unsubscribed);
    }
    let acts = pages.ledger("reader@reader.example").await;
    assert_eq!(acts.last().unwrap(), &(ConsentAct::Withdrawn, "one_click".to_owned()));
    assert_eq!(acts.iter().filter(|(act, _)| *act == ConsentAct::Withdrawn).count(), 1, "the second click changed nothing");
    let (status, text) = pages.get(&path).await;
    assert!(status == StatusCode::OK && text.contains("reader@reader.example"), "{text}");
}

#[tokio::test]
async fn no_get_changes_anything() {
    let pages = Pages::new().await;
    let reader = pages.reader().await;
    let (_, _, confirmation) = pages.sign_up("jo@reader.example").await;
    let mut paths: Vec<String> =
        ["/", "/culture", "/culture/editions/1", "/health", "/metrics", "/assets/gleaner.css", "/culture/subscribe", "/nothing"]
            .map(str::to_owned)
            .to_vec();
    paths.push(link_in(&confirmation.unwrap(), "jo@reader.example"));
    for purpose in [Purpose::Confirm, Purpose::Unsubscribe, Purpose::Preferences] {
        paths.push(pages.link(purpose, reader).await);
    }
    // A mail scanner follows what the mails and the pages show, and adds what it likes.
    let shown: Vec<String> = paths.iter().map(|p| format!("{p}?List-Unsubscribe=One-Click&email=x%40y.example&need=fund")).collect();
    let before = program::dump(&pages.app).await;
    for path in paths.iter().chain(&shown) {
        for method in [Method::GET, Method::HEAD] {
            let answer = pages.ask(method.clone(), path, FORM, "").await;
            assert_ne!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{method} {path}");
            if method == Method::HEAD {
                assert!(answer.bytes().await.unwrap().is_empty());
            }
        }
    }
    assert_eq!(program::dump(&pages.app).await, before);
    assert!(before.iter().any(|row| row.starts_with("subscription ")), "the dump holds what could have changed");
    assert_eq!(pages.app.tend_sign_ups().await.unwrap(), 0);
}

#[tokio::test]
async fn a_head_request_answers_as_a_get_without_the_body() {
    let pages = Pages::new().await;
    for path in ["/", "/culture/editions/1", "/health", "/nothing"] {
        let (get, head) = (pages.ask(Method::GET, path, FORM, "").await, pages.ask(Method::HEAD, path, FORM, "").await);
        assert_eq!((get.status(), get.headers().get(CONTENT_TYPE)), (head.status(), head.headers().get(CONTENT_TYPE)), "{path}");
        assert!(head.bytes().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn signing_up_answers_the_same_whoever_is_known() {
    let pages = Pages::new().await;
    let organisation = pages.bulletin().await.organisation_id;
    let gone = pages.app.secret.email_hash(&email("gone@reader.example"));
    pages.app.store.suppress(organisation, &gone, gleaner::domain::SuppressionReason::Complained, "", monday()).await.unwrap();
    let (status, unknown, confirmation) = pages.sign_up("new@reader.example").await;
    assert!(confirmation.is_some());
    for address in ["reader@reader.example", "gone@reader.example", "new@reader.example"] {
        let (same, text, confirmation) = pages.sign_up(address).await;
        assert_eq!((same, text.replace(address, "new@reader.example")), (status, unknown.clone()), "{address}");
        assert!(confirmation.is_none(), "{address}: nobody is written to who is on the list, must not be, or was asked today");
    }
    assert_eq!(pages.state(pages.reader().await).await, SubscriberState::Active);
}

#[tokio::test]
async fn a_link_that_is_not_ours_whole_and_in_time_changes_nothing_and_says_what_to_do() {
    let pages = Pages::new().await;
    let reader = pages.reader().await;
    let bulletin = pages.bulletin().await.id;
    let claim = Claim { purpose: Purpose::Unsubscribe, subscriber: reader, bulletin, until: None, nonce: 0 };
    let good = claim.token(&pages.app.secret);
    let elsewhere = claim.token(&gleaner::feedback::Secret::from_bytes([1; 32]));
    let expired = Claim { purpose: Purpose::Confirm, until: Some(monday() - chrono::TimeDelta::seconds(1)), ..claim }.token(&pages.app.secret);
    let mut flipped = good.clone().into_bytes();
    flipped[20] = if flipped[20] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    let nobody = Claim { purpose: Purpose::Preferences, subscriber: SubscriberId(uuid::Uuid::nil()), ..claim }.token(&pages.app.secret);
    let bad = [
        (format!("/unsubscribe/{elsewhere}"), "copy it whole from the mail"),
        (format!("/unsubscribe/{flipped}"), "copy it whole from the mail"),
        (format!("/unsubscribe/{}", &good[..good.len() - 1]), "copy it whole from the mail"),
        (format!("/unsubscribe/{good}A"), "copy it whole from the mail"),
        (format!("/unsubscribe/{}", "A".repeat(5_000)), "copy it whole from the mail"),
        ("/unsubscribe/%00".into(), "copy it whole from the mail"),
        (format!("/preferences/{good}"), "copy it whole from the mail"),
        (format!("/confirm/{good}"), "copy it whole from the mail"),
        (format!("/confirm/{expired}"), "ask for a new one"),
        (format!("/preferences/{nobody}"), "used already"),
    ];
    let before = program::dump(&pages.app).await;
    for (path, advice) in bad {
        for (status, text) in [pages.get(&path).await, pages.post(&path, "List-Unsubscribe=One-Click&need=fund").await] {
            assert_eq!(status, StatusCode::GONE, "{path}");
            assert!(text.contains("This link does not work") && text.contains(advice), "{path}: {text}");
        }
    }
    assert_eq!(program::dump(&pages.app).await, before);
}

#[tokio::test]
async fn what_is_too_large_or_no_form_is_refused_with_a_page() {
    let pages = Pages::new().await;
    let unsubscribe = pages.link(Purpose::Unsubscribe, pages.reader().await).await;
    let before = program::dump(&pages.app).await;
    let long = format!("email=x%40y.example&name={}", "n".repeat(200_000));
    let refused = [
        ("/culture/subscribe", FORM, long.clone(), StatusCode::PAYLOAD_TOO_LARGE),
        (unsubscribe.as_str(), FORM, long, StatusCode::PAYLOAD_TOO_LARGE),
        ("/culture/subscribe", "application/json", "{\"email\":\"x@y.example\"}".into(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("/culture/subscribe", FORM, "name=Jo".into(), StatusCode::UNPROCESSABLE_ENTITY),
        ("/culture/subscribe", FORM, "email=nonsense".into(), StatusCode::UNPROCESSABLE_ENTITY),
        ("/culture/subscribe", FORM, "email=a%40b.example%0D%0ABcc%3A+c%40d.example".into(), StatusCode::UNPROCESSABLE_ENTITY),
        ("/culture", FORM, String::new(), StatusCode::METHOD_NOT_ALLOWED),
    ];
    for (path, content_type, body, expected) in refused {
        let answer = pages.ask(Method::POST, path, content_type, body).await;
        assert_eq!(answer.status(), expected, "{path} {content_type}");
        let text = answer.text().await.unwrap();
        assert!(text.contains("<h1>") && text.contains("class=\"lead\""), "{path}: {text}");
    }
    assert_eq!(program::dump(&pages.app).await, before);
    assert_eq!(pages.app.tend_sign_ups().await.unwrap(), 0);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_no_cookie() {
    let pages = Pages::new().await;
    let reader = pages.link(Purpose::Preferences, pages.reader().await).await;
    let asked = [
        (Method::GET, "/", StatusCode::OK),
        (Method::GET, "/culture/editions/1", StatusCode::OK),
        (Method::GET, "/assets/gleaner.css", StatusCode::OK),
        (Method::GET, "/health", StatusCode::OK),
        (Method::GET, reader.as_str(), StatusCode::OK),
        (Method::GET, "/nothing", StatusCode::NOT_FOUND),
        (Method::GET, "/unsubscribe/x", StatusCode::GONE),
        (Method::DELETE, "/culture", StatusCode::METHOD_NOT_ALLOWED),
        (Method::POST, "/culture/subscribe", StatusCode::UNPROCESSABLE_ENTITY),
    ];
    for (method, path, expected) in asked {
        let answer = pages.ask(method.clone(), path, FORM, "").await;
        assert_eq!(answer.status(), expected, "{method} {path}");
        guarded(answer.headers(), path);
    }
}

fn guarded(headers: &HeaderMap, path: &str) {
    let value = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    assert!(value("content-security-policy").starts_with("default-src 'none';"), "{path}");
    assert_eq!((value("x-content-type-options"), value("referrer-policy"), value("x-frame-options")), ("nosniff", "no-referrer", "DENY"), "{path}");
    assert!(!value("cache-control").is_empty() && !headers.contains_key("set-cookie"), "{path}");
}

#[tokio::test]
async fn markup_from_a_source_is_text_in_pages_and_mails() {
    const EVIL: &str = "<script>alert(1)</script> \"><img src=x onerror=alert(2)> {{ 7*7 }}";
    let mut event = training_day(&format!("Collections training day {EVIL}"), "2027-03-16T10:00:00+00:00");
    event["location"]["name"] = format!("The Mill {EVIL}").into();
    event["organizer"] = serde_json::json!({"@type": "Organization", "name": format!("Trainers {EVIL}")});
    event["description"] = format!("A practical training workshop for museum staff {EVIL} and volunteers.").into();
    event["url"] = "javascript:alert(3)".into();
    let pages = Pages::showing(&[event]).await;
    check_harmless(&pages).await;

    // And when something slipped through on the way in: what is stored goes out as text all the same.
    let store = &pages.app.store;
    for statement in [
        "UPDATE event SET title = $1, body = $1, url = 'javascript:alert(3)', booking_url = 'data:text/html,<script>alert(4)</script>'",
        "UPDATE event_field SET value = $1 WHERE field IN ('venue', 'town', 'provider')",
        "UPDATE provider SET name = $1",
        "UPDATE edition SET subject = $1, intro = $1",
    ] {
        sqlx::query(statement).bind(EVIL).execute(store.write()).await.unwrap();
    }
    let (_, page) = pages.get("/culture/editions/1").await;
    assert!(page.contains("&lt;script&gt;alert(1)") && page.contains("{{ 7*7 }}"), "it is text, neither markup nor a template: {page}");
    check_harmless(&pages).await;
}

/// The edition's page, the home and the mail hold no markup but ours and no link but to the web.
async fn check_harmless(pages: &Pages) {
    let edition = pages.app.store.editions(pages.bulletin().await.id).await.unwrap().remove(0);
    let bulletin = pages.bulletin().await;
    let organisation = pages.app.store.organisation(bulletin.organisation_id).await.unwrap();
    let edition = pages.app.store.edition(edition.id).await.unwrap();
    let (store, templates, url) = (&pages.app.store, &pages.app.templates, &pages.app.config.public_url);
    let issue = gleaner::curate::issue::Issue::load(store, &bulletin, &organisation, &edition, templates, url).await.unwrap();
    let rendered = issue.whole().unwrap();
    for html in [pages.get("/culture/editions/1").await.1, pages.get("/culture").await.1, rendered.html] {
        let document = scraper::Html::parse_document(&html);
        let find = |rule: &str| document.select(&scraper::Selector::parse(rule).unwrap()).map(|e| e.html()).collect::<Vec<_>>();
        assert_eq!(find("script, iframe, object, embed, svg, img[onerror], [onclick], [onload], base"), Vec::<String>::new());
        assert_eq!(find("a[href^='javascript'], a[href^='data'], a[href^='vbscript']"), Vec::<String>::new());
    }
    let mail = pages.program.outbox().remove(0);
    let mail = mail_parser::MessageParser::default().parse(&mail).unwrap();
    let html = mail.body_html(0).unwrap();
    assert!(!html.contains("<script") && !html.contains("<img src=x") && !html.contains("javascript:"), "{html}");
    assert!(!rendered.text.contains("javascript:"));
}

#[tokio::test]
async fn a_reader_is_told_of_what_is_in_their_mail_and_not_of_the_rest() {
    let program = Program::new(
        "",
        &page(&[
            training_day("Collections care training for museum staff", "2027-03-16T10:00:00+00:00"),
            training_day("Fundraising training for small museums", "2027-04-20T10:00:00+00:00"),
        ]),
    )
    .await;
    let app = program.at(monday()).await;
    program::collect(&app).await;
    let bulletin = program::bulletin(&app).await;
    let drafted = gleaner::curate::draft::draft(&app.store, &bulletin, None, false, monday()).await.unwrap();
    let view = async |only: usize| {
        let edition = app.store.edition(drafted.edition).await.unwrap();
        let organisation = app.store.organisation(bulletin.organisation_id).await.unwrap();
        let (store, templates, url) = (&app.store, &app.templates, &app.config.public_url);
        let issue = gleaner::curate::issue::Issue::load(store, &bulletin, &organisation, &edition, templates, url).await.unwrap();
        let view = issue.view(&issue.items().split_off(2 - only));
        (view.subject, view.intro)
    };
    let said = |subject: &str, intro: &str| (subject.to_owned(), intro.to_owned());
    assert_eq!(view(2).await, said("Collections care training for museum staff, 16 Mar – and 1 more", "2 events."));
    assert_eq!(view(1).await, said("Fundraising training for small museums in Leeds, 20 Apr", "1 event."));
    app.store.set_edition_words(drafted.edition, "Spring training", "Our picks.").await.unwrap();
    assert_eq!(view(1).await, said("Spring training", "Our picks."), "an editor's words are for everyone");
}

#[tokio::test]
async fn the_link_to_leave_is_the_one_that_the_pages_and_the_mail_agree_on() {
    let pages = Pages::new().await;
    let reader = pages.reader().await;
    let url = links::unsubscribe_url(&pages.app.secret, &pages.app.config.public_url, reader, pages.bulletin().await.id);
    let path = url.strip_prefix("https://bulletin.example").unwrap();
    let (_, form) = pages.get(&pages.link(Purpose::Preferences, reader).await).await;
    assert!(form.contains(&format!("href=\"{path}\"")), "{form}");
    let (status, text) = pages.get(path).await;
    assert!(status == StatusCode::OK && text.contains("<button type=\"submit\">Unsubscribe</button>"), "{text}");
}

#[tokio::test]
async fn an_event_of_the_mail_is_there_for_the_diary_and_no_other_is() {
    let pages = Pages::showing(&[training_day("Collections care training for museum staff", "2027-03-16T10:00:00+00:00")]).await;
    let (event,): (uuid::Uuid,) = sqlx::query_as("SELECT id FROM event").fetch_one(pages.app.store.read()).await.unwrap();
    let path = format!("/culture/events/{event}.ics");
    let answer = pages.ask(Method::GET, &path, "", "").await;
    assert_eq!(answer.headers()["content-type"], "text/calendar; charset=utf-8");
    let file = answer.text().await.unwrap();
    assert!(file.contains("DTSTART:20270316T100000Z") && file.contains("SUMMARY:Collections care"), "{file}");
    sqlx::query("DELETE FROM edition_content_event").execute(pages.app.store.write()).await.unwrap();
    assert_eq!(pages.get(&path).await.0, StatusCode::NOT_FOUND, "what nobody was told of is nobody's to see");
    assert_eq!(pages.get("/culture/events/nonsense.ics").await.0, StatusCode::NOT_FOUND);
}
