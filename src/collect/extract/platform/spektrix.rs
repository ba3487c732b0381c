//! Spektrix: the box office of a venue, `api/v3/events`. Its dates are the first and the last of a run.

use serde_json::Value;

use super::fields::{self, is_true, line};
use super::traces::{Traces, path, way};
use super::{Asked, Payload, WayIn};
use crate::domain::{Method, RawEvent, SourceKind, Status};

pub fn ways(traces: &Traces) -> Vec<WayIn> {
    let client = traces.on("system.spektrix.com").find_map(|u| path(u).first().copied());
    let address =
        |c: &str| way("spektrix", &format!("https://system.spektrix.com/{c}/api/v3/events"), SourceKind::Api, format!("{c} sells with Spektrix"));
    client.and_then(address).into_iter().collect()
}

pub fn read(value: &Value, asked: &Asked, _notes: &mut Vec<String>) -> Option<Payload> {
    let list = value.as_array()?;
    let own = |e: &Value| e["name"].is_string() && e["firstInstanceDateTime"].is_string();
    list.iter().any(own).then(|| Payload { events: list.iter().filter(|e| own(e)).filter_map(|e| event(e, asked)).collect(), next_page: None })
}

fn event(source: &Value, asked: &Asked) -> Option<RawEvent> {
    let mut event = RawEvent::new(Method::Spektrix, line(&source["name"])?);
    event.native_id = line(&source["id"]);
    event.text = ["htmlDescription", "description"].iter().map(|n| fields::text(&source[*n])).find(|t| !t.is_empty()).unwrap_or_default();
    let last = if source["lastInstanceDateTime"] == source["firstInstanceDateTime"] { &Value::Null } else { &source["lastInstanceDateTime"] };
    fields::span(&mut event, &source["firstInstanceDateTime"], last, asked.reading.zone);
    event.status = is_true(&source["isSoldOut"]).then(|| fields::status(Status::SoldOut, "isSoldOut"));
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{payload, show, ways_of};

    #[test]
    fn a_run_has_a_first_and_a_last_date() {
        let source = r#"[{"id":"9X","name":"Puppet lab","htmlDescription":"<p>For makers</p>","duration":60,"firstInstanceDateTime":"2027-05-04T19:30:00","lastInstanceDateTime":"2027-05-06T19:30:00","isSoldOut":true},
            {"id":"8X","name":"Talk","firstInstanceDateTime":"2027-05-04T19:30:00","lastInstanceDateTime":"2027-05-04T19:30:00"}]"#;
        let events = payload(source).events;
        assert_eq!(
            events.iter().map(show).collect::<Vec<_>>(),
            ["Puppet lab|2027-05-04T19:30:00+01:00|2027-05-06T19:30:00+01:00", "Talk|2027-05-04T19:30:00+01:00|"]
        );
    }

    #[test]
    fn the_client_is_in_its_links() {
        let page = "<iframe src='https://system.spektrix.com/stages/website/basket2.aspx'></iframe>";
        assert_eq!(ways_of(page, "https://stages.example/"), ["spektrix api https://system.spektrix.com/stages/api/v3/events"]);
    }
}
