//! What editors said, as choosing and tagging take it: locked fields, and the lessons of every correction.
//!
//! A shell's helper: reads rows, decides nothing.

use std::{borrow::Cow, collections::BTreeSet};

use crate::{
    domain::{Editable, EventId, Evidence, Field, FieldRow},
    identity::Locked,
    store::{
        Result, Store,
        correction::{Typed, Words},
    },
    tag::{
        TagInput, Tagger,
        corrected::{Corrected, Lessons},
    },
};

/// The evidence of what an editor typed, unless a note says where it is from.
pub const BY_THE_EDITOR: &str = "stated by the editor";

/// Facts that hold an editor's word.
#[must_use]
pub fn fields(words: &Words) -> BTreeSet<Field> {
    words.fields.keys().filter_map(|e| if let Editable::Fact(field) = e { Some(*field) } else { None }).collect()
}

/// What choosing is not to choose.
#[must_use]
pub fn locked(words: &Words) -> Locked {
    let typed = |editable| words.fields.get(&editable).map(|t: &Typed| t.value.clone().unwrap_or_default());
    let address = |editable| typed(editable).filter(|url: &String| !url.is_empty());
    Locked {
        fields: fields(words),
        rows: words.fields.iter().flat_map(|(editable, typed)| rows(*editable, typed)).collect(),
        title: typed(Editable::Title).filter(|title| !title.is_empty()),
        text: typed(Editable::Text),
        url: address(Editable::Url),
        booking_url: address(Editable::BookingUrl),
    }
}

/// Several values of one field are divided by commas, which no sitting and no cost flag holds.
fn rows(editable: Editable, typed: &Typed) -> Vec<FieldRow> {
    let (Editable::Fact(field), Some(value)) = (editable, &typed.value) else { return Vec::new() };
    let evidence = Evidence::editor(typed.note.as_ref().map_or_else(|| BY_THE_EDITOR.to_owned(), |note| format!("{BY_THE_EDITOR}: {note}")));
    let values: Vec<&str> = match field {
        Field::Session | Field::CostFlag => value.split(',').map(str::trim).filter(|v| !v.is_empty()).collect(),
        _ => vec![value],
    };
    let row = |(position, value): (usize, &str)| FieldRow { field, position, value: value.to_owned(), evidence: evidence.clone() };
    values.into_iter().enumerate().map(row).collect()
}

/// The tagger as every standing correction taught it; the tagger itself when there is none.
pub async fn taught<'t>(store: &Store, tagger: &'t Tagger) -> Result<Cow<'t, Tagger>> {
    let corrected = store.corrected_events().await?;
    if corrected.is_empty() {
        return Ok(Cow::Borrowed(tagger));
    }
    let ids: Vec<EventId> = corrected.iter().map(|(event, _)| *event).collect();
    let mut events = store.events(&ids).await?;
    events.sort_by_key(|e| e.id);
    let mut lessons = Lessons::default();
    for (id, corrections) in &corrected {
        let Ok(at) = events.binary_search_by_key(id, |e| e.id) else { continue };
        let event = &events[at];
        let Some(now) = corrections.iter().map(|c| c.at).max() else { continue };
        let input = TagInput { title: &event.title, text: &event.text, facts: &event.facts, zone: event.zone, now };
        lessons.add(tagger, &Corrected { input, corrections });
    }
    Ok(Cow::Owned(tagger.taught(lessons)))
}
