//! `gleaner event`: what waits for an editor, and an editor's decisions. What they mean is `curate::decide`'s.

mod lists;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Globals, Usage, output};
use crate::{
    app::App,
    curate::decide::{self, DecideError, Editor, ToCorrect},
    domain::{Aspect, Correction, Editable, EventId, Facet, IdPrefix, Kind, OrganisationId},
    store::merge::Word,
};

#[derive(Debug, Subcommand)]
pub enum EventCommand {
    /// Events ahead, and what waits for a decision
    List {
        /// Only those that an editor should look at first
        #[arg(long)]
        flagged: bool,
        /// Only training that nobody has approved or rejected yet
        #[arg(long)]
        candidates: bool,
        /// Slug of the organisation whose decisions are meant; may be left out when there is one
        #[arg(long)]
        organisation: Option<String>,
    },
    /// Let an event go out
    Approve {
        /// Its id, or the first characters of it
        id: IdPrefix,
        #[command(flatten)]
        who: Who,
    },
    /// Keep an event out
    Reject {
        /// Its id, or the first characters of it
        id: IdPrefix,
        #[command(flatten)]
        who: Who,
    },
    /// Two are one event: the one that was found first takes the other in
    Same {
        /// Its id, or the first characters of it
        id: IdPrefix,
        other: IdPrefix,
        #[command(flatten)]
        who: Who,
    },
    /// Two are not one event, however alike they look
    NotSame {
        /// Its id, or the first characters of it
        id: IdPrefix,
        other: IdPrefix,
        #[command(flatten)]
        who: Who,
    },
    /// Put all listings of one event to another
    Merge {
        from: IdPrefix,
        into: IdPrefix,
        #[command(flatten)]
        who: Who,
    },
    /// Take listings out of an event: they are about another
    Split {
        /// Its id, or the first characters of it
        id: IdPrefix,
        /// A listing that leaves, as `gleaner explain` names it; may be repeated
        #[arg(long = "listing", required = true, value_name = "LISTING")]
        listings: Vec<IdPrefix>,
        #[command(flatten)]
        who: Who,
    },
    /// The kind or tags are wrong or missing; teaches what is like it
    Correct(CorrectArgs),
    /// Fix facts to what you say, whatever listings say: --field start=2027-05-04T10:00; --field price= fixes "not stated"
    Set {
        /// Its id, or the first characters of it
        id: IdPrefix,
        /// FIELD=VALUE; may be repeated
        #[arg(long = "field", required = true, value_name = "FIELD=VALUE", value_parser = field_value)]
        fields: Vec<(Editable, String)>,
        #[command(flatten)]
        who: Who,
    },
    /// Let the listings state facts again
    Unlock {
        /// Its id, or the first characters of it
        id: IdPrefix,
        #[arg(long = "field", required = true)]
        fields: Vec<Editable>,
        #[command(flatten)]
        who: Who,
    },
    /// It does not take place
    Withdraw {
        /// Its id, or the first characters of it
        id: IdPrefix,
        #[command(flatten)]
        who: Who,
    },
    /// It takes place: answers "withdrawn?"
    Keep {
        /// Its id, or the first characters of it
        id: IdPrefix,
        #[command(flatten)]
        who: Who,
    },
    /// Take back the last decision about an event; again for the one before
    Undo {
        /// Its id, or the first characters of it
        id: IdPrefix,
        #[command(flatten)]
        who: Who,
    },
    /// Corrections that teach, and what of them
    Corrections {
        /// As labelled listings, one a line, for `gleaner train`
        #[arg(long)]
        jsonl: bool,
    },
}

#[derive(Debug, Args)]
pub struct CorrectArgs {
    /// Its id, or the first characters of it
    id: IdPrefix,
    /// What it is: cpd, job, fund, call, public, news, survey, res or ad
    #[arg(long)]
    kind: Option<Kind>,
    /// Needs that are missing (+lead) or wrong (-fund), divided by commas
    #[arg(long, value_name = "+TERM,-TERM", allow_hyphen_values = true, value_delimiter = ',')]
    need: Vec<String>,
    /// What sort of activity it is
    #[arg(long, value_name = "TERM", allow_hyphen_values = true, value_delimiter = ',')]
    activity: Vec<String>,
    /// What sort of body delivers it
    #[arg(long, value_name = "TERM", allow_hyphen_values = true, value_delimiter = ',')]
    provider_type: Vec<String>,
    /// Any other facet: --tag subsector=+mus,-gen; may be repeated
    #[arg(long = "tag", value_name = "FACET=TERMS", value_parser = tag_terms)]
    tags: Vec<(Facet, String)>,
    #[command(flatten)]
    who: Who,
}

/// In whose name.
#[derive(Debug, Args)]
pub struct Who {
    /// Why, in your words
    #[arg(long, value_name = "WORDS", default_value = "", hide_default_value = true)]
    note: String,
    /// Who decides
    #[arg(long, value_name = "NAME", default_value = "command line")]
    by: String,
    /// Slug of the organisation; may be left out when there is one
    #[arg(long)]
    organisation: Option<String>,
}

fn field_value(text: &str) -> Result<(Editable, String), String> {
    let (field, value) = text.split_once('=').ok_or("expected FIELD=VALUE, as in start=2027-05-04T10:00")?;
    Ok((field.trim().parse().map_err(|e: crate::domain::UnknownWord| e.to_string())?, value.to_owned()))
}

fn tag_terms(text: &str) -> Result<(Facet, String), String> {
    let (facet, terms) = text.split_once('=').ok_or("expected FACET=TERMS, as in subsector=+mus,-gen")?;
    Ok((facet.trim().parse().map_err(|e: crate::domain::UnknownWord| e.to_string())?, terms.to_owned()))
}

pub async fn run(globals: &Globals, command: EventCommand) -> anyhow::Result<()> {
    let app = App::open(globals).await?;
    match command {
        EventCommand::List { flagged, candidates, organisation } => {
            let organisation = super::organisation(&app, organisation.as_deref()).await?;
            lists::waiting(globals, &app, organisation, flagged, candidates).await
        }
        EventCommand::Corrections { jsonl } => lists::corrections(globals, &app, jsonl).await,
        command => match decide(&app, command).await {
            Ok(done) => print(globals, &done),
            Err(e) => Err(usage(e)),
        },
    }
}

/// What was typed wrongly is the command line's fault: exit status 2.
fn usage(error: anyhow::Error) -> anyhow::Error {
    use DecideError::{BadId, BadValue, Computed, NotAKind, Nothing, UnknownTerm};
    match error.downcast_ref::<DecideError>() {
        Some(BadId(_) | BadValue(_) | UnknownTerm { .. } | Computed(..) | NotAKind | Nothing(_)) => Usage(error.to_string()).into(),
        _ => error,
    }
}

/// What was done, for scripts and in words.
struct Done {
    decided: &'static str,
    event: EventId,
    other: Option<EventId>,
    words: String,
}

fn print(globals: &Globals, done: &Done) -> anyhow::Result<()> {
    if globals.json {
        return output::json(&json!({"decided": done.decided, "event": done.event, "other": done.other, "words": done.words}));
    }
    output::line(&done.words)
}

async fn decide(app: &App, command: EventCommand) -> anyhow::Result<Done> {
    use EventCommand as C;
    match command {
        C::List { .. } | C::Corrections { .. } => anyhow::bail!("lists decide nothing"),
        C::Approve { id, who } => approve_or_reject(app, &id, who, true).await,
        C::Reject { id, who } => approve_or_reject(app, &id, who, false).await,
        C::Same { id, other, who } => join(app, &id, &other, who, true).await,
        C::Merge { from, into, who } => join(app, &from, &into, who, false).await,
        C::NotSame { id, other, who } => not_same(app, &id, &other, who).await,
        C::Split { id, listings, who } => split(app, &id, &listings, who).await,
        C::Correct(args) => correct(app, args).await,
        C::Set { id, fields, who } => set(app, &id, &fields, who).await,
        C::Unlock { id, fields, who } => unlock(app, &id, &fields, who).await,
        C::Withdraw { id, who } => takes_place(app, &id, who, false).await,
        C::Keep { id, who } => takes_place(app, &id, who, true).await,
        C::Undo { id, who } => undo(app, &id, who).await,
    }
}

/// Who decides, kept as long as the decision takes.
struct Signed {
    organisation: OrganisationId,
    by: String,
    note: Option<String>,
}

impl Signed {
    async fn of(app: &App, who: Who) -> anyhow::Result<Self> {
        let organisation = super::organisation(app, who.organisation.as_deref()).await?;
        Ok(Self { organisation, by: crate::domain::text::single_line(&who.by, 100), note: decide::note(&who.note) })
    }

    fn editor<'a>(&'a self, app: &'a App) -> Editor<'a> {
        let word = Word { organisation: self.organisation, by: &self.by, at: app.now(), note: self.note.as_deref() };
        Editor { store: &app.store, tagger: &app.tagger, min_confidence: app.config.collect.min_confidence, word }
    }
}

async fn approve_or_reject(app: &App, id: &IdPrefix, who: Who, approve: bool) -> anyhow::Result<Done> {
    let signed = Signed::of(app, who).await?;
    let editor = signed.editor(app);
    let event = editor.standing(id).await?;
    editor.approve_or_reject(event, approve).await?;
    let decided = if approve { "approved" } else { "rejected" };
    Ok(Done { decided, event, other: None, words: format!("{decided} {event}") })
}

async fn join(app: &App, one: &IdPrefix, other: &IdPrefix, who: Who, eldest: bool) -> anyhow::Result<Done> {
    let signed = Signed::of(app, who).await?;
    let editor = signed.editor(app);
    let (from, into) = (editor.standing(one).await?, editor.standing(other).await?);
    let into = if eldest {
        editor.same(from, into).await?
    } else {
        editor.merge(from, into).await?;
        into
    };
    let other = if into == from { editor.standing_or_merged(other).await? } else { editor.standing_or_merged(one).await? };
    Ok(Done {
        decided: "merged",
        event: into,
        other: Some(other),
        words: format!("{other} is event {into} now; `gleaner event undo {into}` takes it back"),
    })
}

async fn not_same(app: &App, one: &IdPrefix, other: &IdPrefix, who: Who) -> anyhow::Result<Done> {
    let signed = Signed::of(app, who).await?;
    let editor = signed.editor(app);
    let (event, other) = (editor.standing(one).await?, editor.standing(other).await?);
    editor.not_same(event, other).await?;
    Ok(Done { decided: "told apart", event, other: Some(other), words: format!("{event} and {other} are not the same") })
}

async fn split(app: &App, id: &IdPrefix, listings: &[IdPrefix], who: Who) -> anyhow::Result<Done> {
    let signed = Signed::of(app, who).await?;
    let editor = signed.editor(app);
    let event = editor.standing(id).await?;
    let apart = editor.split(event, listings).await?;
    let words = format!("{} of {event} made event {apart}", if listings.len() == 1 { "one listing" } else { "these listings" });
    Ok(Done { decided: "split", event, other: Some(apart), words })
}

async fn correct(app: &App, args: CorrectArgs) -> anyhow::Result<Done> {
    let corrections = to_correct(&args);
    let said: Vec<String> = corrections.iter().map(|c| format!("{} {}{}", c.aspect, if c.holds { "+" } else { "-" }, c.term)).collect();
    let signed = Signed::of(app, args.who).await?;
    let editor = signed.editor(app);
    let event = editor.standing(&args.id).await?;
    editor.correct(event, corrections).await?;
    Ok(Done {
        decided: "corrected",
        event,
        other: None,
        words: format!("{event}: {}; what is like it is judged so from the next pass on", said.join(", ")),
    })
}

fn to_correct(args: &CorrectArgs) -> Vec<ToCorrect> {
    let kind = args.kind.map(|k| ToCorrect { aspect: Aspect::Kind, term: k.to_string(), holds: true });
    let signed = |aspect: Aspect, text: &str| {
        let (holds, term) = Correction::read_signed(text.trim());
        ToCorrect { aspect, term: term.to_owned(), holds }
    };
    let named = [(Facet::Need, &args.need), (Facet::Activity, &args.activity), (Facet::ProviderType, &args.provider_type)];
    let named = named.into_iter().flat_map(|(facet, terms)| terms.iter().map(move |t| (facet, t.as_str())));
    let others = args.tags.iter().flat_map(|(facet, terms)| terms.split(',').map(|t| (*facet, t)));
    kind.into_iter().chain(named.chain(others).map(|(facet, text)| signed(Aspect::Of(facet), text))).collect()
}

async fn set(app: &App, id: &IdPrefix, fields: &[(Editable, String)], who: Who) -> anyhow::Result<Done> {
    let signed = Signed::of(app, who).await?;
    let editor = signed.editor(app);
    let event = editor.standing(id).await?;
    editor.set(event, fields).await?;
    let names: Vec<&str> = fields.iter().map(|(f, _)| f.as_str()).collect();
    Ok(Done {
        decided: "set",
        event,
        other: None,
        words: format!("{event}: {} as you said; `gleaner event unlock` lets listings state it again", names.join(", ")),
    })
}

async fn unlock(app: &App, id: &IdPrefix, fields: &[Editable], who: Who) -> anyhow::Result<Done> {
    let signed = Signed::of(app, who).await?;
    let editor = signed.editor(app);
    let event = editor.standing(id).await?;
    editor.unlock(event, fields).await?;
    let names: Vec<&str> = fields.iter().map(|f| f.as_str()).collect();
    Ok(Done { decided: "unlocked", event, other: None, words: format!("{event}: {} as its listings state it", names.join(", ")) })
}

async fn takes_place(app: &App, id: &IdPrefix, who: Who, does: bool) -> anyhow::Result<Done> {
    let signed = Signed::of(app, who).await?;
    let editor = signed.editor(app);
    let event = editor.standing(id).await?;
    if does {
        editor.keep(event).await?;
    } else {
        editor.withdraw(event).await?;
    }
    let (decided, words) = if does { ("kept", "takes place") } else { ("withdrawn", "does not take place") };
    Ok(Done { decided, event, other: None, words: format!("{event} {words}") })
}

async fn undo(app: &App, id: &IdPrefix, who: Who) -> anyhow::Result<Done> {
    let signed = Signed::of(app, who).await?;
    let editor = signed.editor(app);
    let event = editor.standing_or_merged(id).await?;
    let undone = editor.undo(event).await?;
    let words = format!("{event}: took back {} by {} of {}", undone.verb, undone.by_whom, undone.at.format("%Y-%m-%d %H:%M"));
    Ok(Done { decided: "undone", event, other: None, words })
}
