//! Which time belongs to which date: items in order become drafts, each a date phrase with its times.

use chrono::{FixedOffset, NaiveTime, Weekday};
use chrono_tz::Tz;

use super::day::Dates;
use super::role::{self, Role, TimeRole};
use super::run::{self, Run};
use super::scan::{Item, What};
use super::token::{Kind, Token};

/// A time that belongs to a draft.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timed {
    pub start: NaiveTime,
    pub end: Option<NaiveTime>,
    pub offset: Option<FixedOffset>,
    /// The clock of another country.
    pub zone: Option<Tz>,
    pub role: TimeRole,
    pub weekday: Option<Weekday>,
    /// What stands before it is said of the arrival, as of doors.
    arrived: bool,
}

impl Timed {
    fn is_aside(&self) -> bool {
        self.role == TimeRole::Aside || self.arrived
    }
}

/// A date phrase with the times that belong to it, over tokens `from..to`.
#[derive(Debug)]
pub(super) struct Draft {
    pub dates: Dates,
    pub role: Role,
    /// The first of dates that are not listed.
    pub series: bool,
    /// Its sittings are counted from it.
    pub run: Option<Run>,
    pub times: Vec<Timed>,
    /// The Monday of a week in which it takes place ("w/c 8 March").
    pub week: bool,
    /// Minutes, where only a start and a length were stated.
    pub length: Option<u32>,
    /// "10 May 5pm - 12 May 7pm": a time on each side.
    pub crossed: bool,
    pub from: usize,
    pub to: usize,
    /// Where the dates begin, behind a time that stands first.
    dated_from: usize,
    timed_to: usize,
}

/// A time further from its date than this many tokens belongs to something else.
const FAR: usize = 90;

pub(super) fn drafts(tokens: &[Token], items: &[Item]) -> Vec<Draft> {
    let mut out: Vec<Draft> = Vec::new();
    let mut pending: Vec<(Timed, usize)> = Vec::new();
    for (n, item) in items.iter().enumerate() {
        match &item.what {
            What::Dates(dates) => {
                if crosses(tokens, items, n, &out, dates) {
                    cross(&mut out, dates, item, &mut pending);
                } else {
                    let floor = if n > 0 && matches!(items[n - 1].what, What::Dates(_)) { items[n - 1].to } else { out.last().map_or(0, |d| d.to) };
                    let draft = begin(tokens, floor, out.last(), dates, item, &mut pending);
                    out.push(draft);
                }
            }
            What::Time { times, role, weekday } => {
                let timed = Timed {
                    start: times.start,
                    end: times.end,
                    offset: times.offset,
                    zone: times.zone,
                    role: *role,
                    weekday: *weekday,
                    arrived: times.arrived,
                };
                if belongs_to_next(tokens, items, n, &out) {
                    pending.push((timed, item.from));
                } else {
                    attach(tokens, &mut out, timed, item);
                }
            }
            What::SameTime => copy_time(&mut out),
            What::Length(minutes) => {
                if let Some(last) = out.last_mut().filter(|d| !d.times.is_empty() && item.from <= d.timed_to + 10) {
                    last.length = last.length.or(Some(*minutes));
                }
            }
        }
    }
    lend_times(&mut out);
    out
}

/// "w/c 8 March, 9.30–12 each day: Tuesday 9 and Thursday 11": the week's time is that of its days.
fn lend_times(drafts: &mut [Draft]) {
    for i in 1..drafts.len() {
        let (before, after) = drafts.split_at_mut(i);
        if before[i - 1].week && after[0].times.is_empty() {
            after[0].times.clone_from(&before[i - 1].times);
        }
    }
}

fn begin(tokens: &[Token], floor: usize, before: Option<&Draft>, dates: &Dates, item: &Item, pending: &mut Vec<(Timed, usize)>) -> Draft {
    let first = pending.first().filter(|(t, _)| !t.is_aside()).map_or(item.from, |(_, at)| *at);
    // "Registration 9am, Tuesday 4 May": what is said of the door is not said of the date.
    let floor = pending.iter().filter(|(t, _)| t.is_aside()).map(|(_, at)| at + 1).max().map_or(floor, |end| end.max(floor));
    // A cue before the time speaks for the date too: "by 5pm Friday 29 January".
    let moved = role::is_move(tokens, floor, item.from);
    let role = match role::of_date(tokens, floor, item.from, item.to) {
        Role::Event if first < item.from => role::of_date(tokens, floor, first, item.to),
        _ if moved && dates.list.len() == 1 => Role::Past,
        role => role,
    };
    let ends_alone = role == Role::Event && before.is_none_or(|d| d.role != Role::Event) && role::is_end(tokens, floor, item.from);
    let role = if ends_alone { Role::Other } else { role };
    let role = before.filter(|d| d.role != Role::Event && role == Role::Event && joins(tokens, d.to, first)).map_or(role, |d| d.role);
    let run = run::read(tokens, before.map_or(0, |d| d.to), item.from, item.to).filter(|_| dates.list.len() == 1 && !dates.range);
    Draft {
        run,
        dates: if moved { last_of(dates) } else { dates.clone() },
        role,
        series: role::begins_series(tokens, floor, item.from, item.to),
        times: pending.drain(..).map(|(t, _)| t).collect(),
        week: role::names_week(tokens, item.from),
        length: None,
        crossed: false,
        from: first,
        to: item.to,
        dated_from: item.from,
        timed_to: item.to,
    }
}

/// "moved from 5 May to 12 May": only the last holds.
fn last_of(dates: &Dates) -> Dates {
    Dates { list: dates.list.last().copied().into_iter().collect(), range: false, relative: dates.relative }
}

/// "between January and July": what holds for the first holds for the second.
fn joins(tokens: &[Token], from: usize, to: usize) -> bool {
    to == from + 1 && tokens.get(from).is_some_and(|t| matches!(t.kind, Kind::And | Kind::Dash))
}

fn is_light(t: &Token) -> bool {
    matches!(t.kind, Kind::Comma | Kind::Colon | Kind::Sign | Kind::Dash | Kind::Weekday(_)) || t.is_any(&["on", "at", "from", "the", "t"])
}

/// The time stands right before the next date, and not right behind a date that still has none.
fn belongs_to_next(tokens: &[Token], items: &[Item], n: usize, so_far: &[Draft]) -> bool {
    let item = &items[n];
    let light = |from: usize, to: usize| to - from <= 4 && tokens[from..to].iter().all(is_light);
    let next = items.get(n + 1).is_some_and(|next| matches!(next.what, What::Dates(_)) && light(item.to, next.from));
    let Some(last) = so_far.last() else { return true };
    let behind = last.times.is_empty() && light(last.to, item.from);
    next && !behind
}

fn attach(tokens: &[Token], drafts: &mut [Draft], timed: Timed, item: &Item) {
    let Some(last) = drafts.last() else { return };
    let near =
        item.from - last.timed_to.min(item.from) <= 4 && !tokens[last.timed_to.min(item.from)..item.from].iter().any(|t| t.kind == Kind::Newline);
    let owner =
        if near || last.role == Role::Event { drafts.len() - 1 } else { drafts.iter().rposition(|d| d.role == Role::Event).unwrap_or(drafts.len()) };
    let Some(draft) = drafts.get_mut(owner).filter(|d| item.from <= d.timed_to + FAR) else { return };
    // "10am, Tue 12 - Fri 15, 4pm": a time on each side of the range.
    let sides = |t: &Timed| t.role == TimeRole::Start && t.end.is_none() && !t.arrived;
    draft.crossed |= near && draft.dates.range && draft.from < draft.dated_from && draft.times.len() == 1 && sides(&draft.times[0]) && sides(&timed);
    match draft.times.last_mut().filter(|last| joined(tokens, last, &timed, draft.timed_to, item.from)) {
        Some(last) => last.end = timed.end,
        None => draft.times.push(timed),
    }
    if owner + 1 == drafts.len() {
        drafts[owner].timed_to = item.to;
    }
}

/// "10am–12pm & 1–3pm": one sitting with a break.
fn joined(tokens: &[Token], last: &Timed, next: &Timed, from: usize, to: usize) -> bool {
    let and = to == from + 1 && tokens[from].kind == Kind::And;
    and && last.role == next.role && next.end.is_some() && last.end.is_some_and(|end| next.start >= end) && next.weekday.is_none()
}

fn copy_time(drafts: &mut [Draft]) {
    let Some((last, before)) = drafts.split_last_mut() else { return };
    if let Some(source) = before.iter().rev().find(|d| !d.times.is_empty()).filter(|_| last.times.is_empty()) {
        last.times.clone_from(&source.times);
    }
}

/// Date, time, dash, date: a range with a time on each side.
fn crosses(tokens: &[Token], items: &[Item], n: usize, so_far: &[Draft], dates: &Dates) -> bool {
    let (Some(before), Some(last)) = (n.checked_sub(1).map(|b| &items[b]), so_far.last()) else { return false };
    let dash = |at: usize| tokens.get(at).is_some_and(|t| t.kind == Kind::Dash);
    let one = |d: &Dates| d.list.len() == 1 && d.list[0].day.is_some();
    let behind = items[n].from == before.to + 1 && dash(before.to) && last.timed_to == before.to;
    // "10am Tue 12 January - 4pm Fri 15 January"
    let ahead = !last.times.is_empty() && before.from == last.to + 1 && dash(last.to) && items[n].from <= before.to + 1;
    (behind || ahead) && matches!(before.what, What::Time { .. }) && !last.crossed && one(dates) && one(&last.dates)
}

fn cross(drafts: &mut [Draft], dates: &Dates, item: &Item, pending: &mut Vec<(Timed, usize)>) {
    if let Some(last) = drafts.last_mut() {
        last.times.extend(pending.drain(..).map(|(timed, _)| timed));
        last.dates.list.extend(dates.list.iter().copied());
        last.dates.range = true;
        last.crossed = true;
        last.to = item.to;
        last.timed_to = item.to;
    }
}

impl Draft {
    /// The last token it uses, times included, when they stand close.
    pub(super) fn last_token(&self) -> usize {
        if self.timed_to - self.to.min(self.timed_to) <= 12 { self.timed_to } else { self.to }
    }
}
