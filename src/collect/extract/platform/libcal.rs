//! LibCal: a calendar of a public library or university, subscribed to by its number. Who an event is for is not in it.

use super::WayIn;
use super::traces::{Traces, way};
use crate::domain::SourceKind;

pub fn ways(traces: &Traces) -> Vec<WayIn> {
    let subscribed = |u: &url::Url| {
        let number = u.query_pairs().find(|(k, _)| k == "cid" || k == "calendar_id").map(|(_, v)| v.into_owned())?;
        let host = u.host_str()?;
        let known = number.chars().all(|c| c.is_ascii_digit()) && !number.is_empty();
        known.then(|| way("libcal", &format!("https://{host}/ical_subscribe.php?src=p&cid={number}"), SourceKind::Ical, "a LibCal calendar"))?
    };
    let mut ways: Vec<WayIn> = traces.on("libcal.com").filter_map(subscribed).collect();
    let in_script = || {
        let host = traces.on("libcal.com").next()?.host_str()?.to_owned();
        let number = traces.quoted_in_script("calendar_id").or_else(|| traces.quoted_in_script("cid"))?;
        let known = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
        known.then(|| way("libcal", &format!("https://{host}/ical_subscribe.php?src=p&cid={number}"), SourceKind::Ical, "a LibCal calendar"))?
    };
    if ways.is_empty() {
        ways.extend(in_script());
    }
    ways.dedup();
    ways.truncate(3);
    ways
}

#[cfg(test)]
mod tests {
    use super::super::testing::ways_of;

    #[test]
    fn calendars_are_subscribed_to_by_number() {
        let page = "<a href='https://uni.libcal.com/calendar/training?cid=4512&t=d'>Training</a>";
        assert_eq!(ways_of(page, "https://library.uni.example/"), ["libcal ical https://uni.libcal.com/ical_subscribe.php?src=p&cid=4512"]);
        let own = "<script>var springyPage = { calendar_id: 77, x: 1 }</script>";
        assert_eq!(ways_of(own, "https://uni.libcal.com/calendar/training"), ["libcal ical https://uni.libcal.com/ical_subscribe.php?src=p&cid=77"]);
    }
}
