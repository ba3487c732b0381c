//! The fetcher as a guest, against real servers: robots.txt, rest that a host asks for, links unwrapped, and who may be asked.

use gleaner::collect::fetch::{FetchError, Fetcher, Refused};
use url::Url;

use crate::{
    collecting::manners,
    site::{Answer, Site},
};

fn fetcher() -> Fetcher {
    Fetcher::new(manners()).unwrap()
}

fn url(site: &Site, path: &str) -> Url {
    site.url(path).parse().unwrap()
}

fn page(text: &str) -> Answer {
    Answer::ok("text/html", text)
}

fn moved(status: u16, to: &str) -> Answer {
    Answer::status(status).with("location", to)
}

#[tokio::test]
async fn a_link_is_unwrapped_to_where_it_leads() {
    let (tracker, provider) = (Site::start().await, Site::start().await);
    let event = provider.url("/event?id=7");
    tracker.set("/click", moved(302, "/again"));
    tracker.set("/again", moved(301, &event));
    provider.set("/event?id=7", page("An event"));
    let fetcher = fetcher();
    for _ in 0..2 {
        assert_eq!(fetcher.resolve(&url(&tracker, "/click")).await.unwrap().as_str(), event);
    }
    assert_eq!(tracker.methods("/click"), ["HEAD"], "asked once, and remembered");
    assert_eq!(provider.methods("/event?id=7"), ["HEAD"], "no body is fetched");
}

#[tokio::test]
async fn who_refuses_head_is_asked_with_get_and_an_end_that_lets_nobody_in_is_an_end() {
    let site = Site::start().await;
    site.set("/click", moved(302, "/event").only("GET"));
    site.set("/event", Answer::status(403));
    assert_eq!(fetcher().resolve(&url(&site, "/click")).await.unwrap(), url(&site, "/event"));
    assert_eq!(site.methods("/click"), ["HEAD", "GET"]);
    // Where the link itself gives nothing, its end is unknown.
    assert_eq!(fetcher().resolve(&url(&site, "/gone")).await.unwrap_err().status(), Some(404));
    site.set("/plain", page("x"));
    assert_eq!(fetcher().resolve(&url(&site, "/plain")).await.unwrap(), url(&site, "/plain"));
}

#[tokio::test]
async fn a_link_is_guarded_and_bounded_on_every_hop() {
    let site = Site::start().await;
    site.set("/in", moved(302, "http://169.254.169.254/latest/meta-data/"));
    assert!(matches!(fetcher().resolve(&url(&site, "/in")).await.unwrap_err(), FetchError::Refused(Refused::Private(_))));
    site.set("/round", moved(302, "/round"));
    assert!(matches!(fetcher().resolve(&url(&site, "/round")).await.unwrap_err(), FetchError::TooManyRedirects(5)));
    assert_eq!(site.methods("/round").len(), 6);
}
