//! The plan of an edition: who gets which items, and one rendering per distinct selection.
//!
//! Computes; freezing the plan as rows is `bulletin::publish`.

use std::collections::{HashMap, hash_map::Entry};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use url::Url;

use super::views;
use crate::{
    bulletin::{
        compose,
        content::{BulletinView, ContentView},
        publish::{Plan, RenderedContent},
        render::{self, Rendered},
        select::{Order, Reader, Selector, content_key, is_due},
        templates::{TemplateError, Templates},
        view::{EditionView, EventView, ItemRef, ItemView, Place, SectionView, SegmentView, Told},
    },
    domain::{EventId, Frequency, Nothing, PersonIs, PersonTraits, Preferences, SubscriberId},
    store::{
        Store, StoreError,
        bulletin::Bulletin,
        edition::Edition,
        organisation::Organisation,
        profile::{self, ReaderLine},
        told::Heard,
    },
};

/// How far back somebody who gets mail once a month can catch up.
const CATCH_UP: TimeDelta = TimeDelta::days(40);
/// Contents in personal order at most; readers of rarer ones get theirs in the edition's order, in which more of them agree.
const MOST_PERSONAL: usize = 1_000;

#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// An edition with all that rendering it needs.
pub struct Issue<'a> {
    pub bulletin: &'a Bulletin,
    pub organisation: &'a Organisation,
    pub edition: &'a Edition,
    pub templates: &'a Templates,
    /// Where readers reach the pages.
    pub public_url: &'a Url,
    sections: Vec<SectionView>,
    /// What is in it; and after that what stood in earlier editions, for those who catch up.
    items: EditionView,
    segments: Vec<SegmentView>,
    /// An alert is for those alone who want to hear at once.
    is_alert: bool,
    /// The subject and the introduction are as they were drafted: no editor changed them.
    as_drafted: (bool, bool),
}

impl<'a> Issue<'a> {
    pub async fn load(
        store: &Store,
        bulletin: &'a Bulletin,
        organisation: &'a Organisation,
        edition: &'a Edition,
        templates: &'a Templates,
        public_url: &'a Url,
    ) -> Result<Self, StoreError> {
        let items = views::edition(store, bulletin, edition).await?;
        let all: Vec<&ItemView> = items.items.iter().collect();
        let (subject, intro) = drafted_words(&all, bulletin, edition);
        let as_drafted = (subject == edition.subject, intro == edition.intro);
        let (sections, segments) = (views::sections(bulletin), views::segments(bulletin));
        let is_alert = store.is_alert(edition.id).await?;
        Ok(Self { bulletin, organisation, edition, templates, public_url, sections, items, segments, is_alert, as_drafted })
    }

    /// Everything in the edition, as the page for everyone shows it.
    pub fn whole(&self) -> Result<Rendered, TemplateError> {
        self.render(&self.items.items.iter().collect::<Vec<_>>())
    }

    /// What one person would get; `None` when there is nothing for them.
    pub fn for_person(&self, person: &Preferences, told: &Told) -> Result<Option<Rendered>, TemplateError> {
        let selector = Selector::new(&self.items, &self.segments, self.bulletin.measure);
        let reader = Reader { person: PersonTraits::new(person), told, had: None };
        let Ok(chosen) = selector.select(&reader, Order::Personal) else { return Ok(None) };
        let items = selector.items(&chosen);
        self.render(&items.iter().collect::<Vec<_>>()).map(Some)
    }

    /// Who gets what, for every active subscriber, and why others get nothing. Selects once for readers who are alike in all that selecting sees,
    /// renders once per distinct selection.
    pub async fn plan(&self, store: &Store) -> Result<Plan, IssueError> {
        let (items, past) = self.past(store).await?;
        let selector = Selector::new(&items, &self.segments, self.bulletin.measure);
        let selector = if self.is_alert { selector.only_of_interest() } else { selector };
        let readers = self.readers(store, &past).await?;
        let chosen = self.choose(&selector, &readers, &past)?;
        let mut plan = Plan::default();
        let mut keys: HashMap<&[ItemRef], String> = HashMap::new();
        let mut of_class = Vec::with_capacity(chosen.len());
        for choice in &chosen {
            of_class.push(match choice {
                Err(nothing) => Err(*nothing),
                Ok(refs) => Ok(match keys.entry(refs) {
                    Entry::Occupied(known) => known.get().clone(),
                    Entry::Vacant(new) => {
                        let content = self.content(&selector, refs)?;
                        let key = content.key.clone();
                        plan.contents.push(content);
                        new.insert(key).clone()
                    }
                }),
            });
        }
        for (reader, class) in &readers.of {
            match &of_class[*class] {
                Ok(key) => plan.readers.push((*reader, Some(key.clone()))),
                Err(because) => {
                    *plan.nothing.entry(*because).or_default() += 1;
                    plan.readers.push((*reader, None));
                }
            }
        }
        Ok(plan)
    }

    /// The items with those of earlier editions, and what readers had before.
    async fn past(&self, store: &Store) -> Result<(EditionView, Past), IssueError> {
        let since = self.edition.as_of - CATCH_UP;
        let mut past = Past { last: store.last_mails(self.bulletin.id, since).await?, ..Past::default() };
        let mut items = self.items.clone();
        if !past.last.is_empty() && !self.is_alert {
            items.items.extend(views::missed(store, self.bulletin, self.edition, since).await?);
        }
        // Of most events nobody was told before; of an earlier edition's, all who get every edition were.
        let (own, earlier): (Vec<&ItemView>, Vec<&ItemView>) = items.items.iter().partition(|i| i.missed_in.is_none());
        let ids = |items: &[&ItemView]| items.iter().map(|i| i.event.id).collect::<Vec<EventId>>();
        past.told = store.readers_told(self.bulletin.id, &ids(&own), false).await?;
        past.told_earlier = store.readers_told(self.bulletin.id, &ids(&earlier), true).await?;
        Ok((items, past))
    }

    /// Every active reader with the class of those who are alike.
    async fn readers(&self, store: &Store, past: &Past) -> Result<Readers, IssueError> {
        let by_day =
            self.segments.iter().flat_map(|s| s.people.conditions()).any(|c| matches!(c, PersonIs::JoinedSince(_) | PersonIs::JoinedBefore(_)));
        let mut out = Readers::default();
        let mut known: HashMap<Class, usize> = HashMap::new();
        let each = |line: ReaderLine| {
            let reader = SubscriberId(line.subscriber_id);
            let class = Class::new(line, past, by_day);
            let next = known.len();
            let class = *known.entry(class).or_insert_with_key(|class| {
                out.classes.push((class.clone(), 0));
                next
            });
            out.classes[class].1 += 1;
            out.of.push((reader, class));
        };
        store.reader_lines(self.bulletin.id, each).await?;
        Ok(out)
    }

    /// What each class gets. Beyond the most contents in personal order, the rarest are put into the edition's order.
    fn choose(&self, selector: &Selector<'_>, readers: &Readers, past: &Past) -> Result<Vec<Result<Vec<ItemRef>, Nothing>>, StoreError> {
        let mut chosen = Vec::with_capacity(readers.classes.len());
        let mut sizes: HashMap<Vec<ItemRef>, u64> = HashMap::new();
        for (class, size) in &readers.classes {
            let choice = self.for_class(selector, class, past, Order::Personal)?;
            if let Ok(refs) = &choice {
                *sizes.entry(refs.clone()).or_default() += size;
            }
            chosen.push(choice);
        }
        if sizes.len() > MOST_PERSONAL {
            let mut largest: Vec<(&Vec<ItemRef>, &u64)> = sizes.iter().collect();
            largest.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
            let kept: std::collections::HashSet<&Vec<ItemRef>> = largest.into_iter().take(MOST_PERSONAL).map(|(refs, _)| refs).collect();
            for ((class, _), choice) in readers.classes.iter().zip(&mut chosen) {
                if choice.as_ref().is_ok_and(|refs| !kept.contains(refs)) {
                    *choice = self.for_class(selector, class, past, Order::Shared)?;
                }
            }
        }
        Ok(chosen)
    }

    fn for_class(&self, selector: &Selector<'_>, class: &Class, past: &Past, order: Order) -> Result<Result<Vec<ItemRef>, Nothing>, StoreError> {
        let asked = profile::parsed(self.bulletin.id, &class.profile)?;
        let is_due = if self.is_alert {
            asked.frequency == Frequency::Instant
        } else {
            is_due(asked.frequency, class.last.map(|(_, at)| at), self.edition.as_of, self.bulletin.zone)
        };
        if !is_due {
            return Ok(Err(Nothing::NotDue));
        }
        let told = past.told_to(class);
        let person = PersonTraits { asked: &asked, joined: class.joined };
        Ok(selector.select(&Reader { person, told: &told, had: class.last.map(|(number, _)| number) }, order))
    }

    fn content(&self, selector: &Selector<'_>, chosen: &[ItemRef]) -> Result<RenderedContent, TemplateError> {
        let items = selector.items(chosen);
        let rendered = self.render(&items.iter().collect::<Vec<_>>())?;
        Ok(RenderedContent {
            key: content_key(chosen),
            subject: rendered.subject,
            html: rendered.html,
            text: rendered.text,
            events: chosen.iter().map(|i| i.event).collect(),
        })
    }

    fn render(&self, items: &[&ItemView]) -> Result<Rendered, TemplateError> {
        render::render(&self.view(items), self.templates)
    }

    /// What is said, without a reader. An editor's subject and introduction are for everyone; drafted ones speak of these items alone, because
    /// a reader who gets three events must not be promised the other twenty.
    #[must_use]
    pub fn view(&self, items: &[&ItemView]) -> ContentView {
        let head = BulletinView {
            name: self.bulletin.name.clone(),
            strapline: self.bulletin.strapline.clone(),
            colour: self.bulletin.colour.clone(),
            organisation: self.organisation.name.clone(),
            postal_address: self.organisation.postal_address.clone(),
            contact: self.organisation.contact.clone(),
        };
        let e = self.edition;
        let (drafted_subject, drafted_intro) = drafted_words(items, self.bulletin, e);
        let subject = if self.as_drafted.0 { &drafted_subject } else { &e.subject };
        let intro = if self.as_drafted.1 { &drafted_intro } else { &e.intro };
        let mut view = ContentView::new(head, subject, intro, items, &self.sections, e.as_of, self.bulletin.zone);
        view.in_brief = items.len() > self.bulletin.measure.brief_above as usize;
        if self.is_alert {
            // An alert stands on no page: it is for few.
            return view;
        }
        view.web_url = self.public_url.join(&format!("{}/editions/{}", self.bulletin.slug, e.number)).ok().map(Into::into);
        view
    }

    /// All items, in order.
    #[must_use]
    pub fn items(&self) -> Vec<&ItemView> {
        self.items.items.iter().collect()
    }
}

/// What readers had before this edition.
#[derive(Debug, Default)]
struct Past {
    /// Of the edition's own events.
    told: Heard,
    /// Of those that stood in earlier editions, for readers who do not get each.
    told_earlier: Heard,
    /// The last edition of those who want mail once a week or a month, and when it was.
    last: HashMap<SubscriberId, (u32, DateTime<Utc>)>,
}

impl Past {
    fn told_to(&self, class: &Class) -> Told {
        let mut told = self.told.set(class.told).cloned().unwrap_or_default();
        told.extend(self.told_earlier.set(class.told_earlier).into_iter().flatten());
        told
    }
}

/// All that selecting sees of a reader: those for whom it is equal get the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Class {
    profile: String,
    /// Only when a segment asks.
    joined: Option<NaiveDate>,
    told: Option<usize>,
    told_earlier: Option<usize>,
    last: Option<(u32, DateTime<Utc>)>,
}

impl Class {
    fn new(line: ReaderLine, past: &Past, by_day: bool) -> Self {
        let reader = SubscriberId(line.subscriber_id);
        Self {
            joined: by_day.then(|| line.joined_on.parse().ok()).flatten(),
            profile: line.profile,
            told: past.told.class_of(reader),
            told_earlier: past.told_earlier.class_of(reader),
            last: past.last.get(&reader).copied(),
        }
    }
}

#[derive(Debug, Default)]
struct Readers {
    /// With the number of readers in each.
    classes: Vec<(Class, u64)>,
    of: Vec<(SubscriberId, usize)>,
}

/// Subject and introduction as composing drafts them for these items.
fn drafted_words(items: &[&ItemView], bulletin: &Bulletin, edition: &Edition) -> (String, String) {
    let mut ordered = items.to_vec();
    ordered.sort_by_key(|i| (i.place, i.position));
    let placed: Vec<(Place, &EventView)> = ordered.iter().map(|i| (i.place, &i.event)).collect();
    (compose::subject_of(&placed, edition.as_of, bulletin.zone), compose::intro_of(&placed, edition.as_of))
}
