//! The mail's templates: MJML and plain text with Jinja expressions, compiled and checked when they are loaded.
//!
//! The layout becomes HTML once (MJML compiled, CSS inlined); per edition only the expressions are filled in, so nothing that came from
//! outside ever passes through a markup parser. A template that names something unknown is refused with file and line.

mod outlook;

use std::collections::BTreeMap;

use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use super::{digest, render::sample};

const MJML: &str = "edition.mjml";
const TEXT: &str = "edition.txt";
const HTML: &str = "edition.html";
const ALARMS_MJML: &str = "alarms.mjml";
const ALARMS_TEXT: &str = "alarms.txt";
const ALARMS_HTML: &str = "alarms.html";
const EMBEDDED: [(&str, &str); 4] = [
    (MJML, include_str!("../../templates/email/edition.mjml")),
    (TEXT, include_str!("../../templates/email/edition.txt")),
    (ALARMS_MJML, include_str!("../../templates/email/alarms.mjml")),
    (ALARMS_TEXT, include_str!("../../templates/email/alarms.txt")),
];

/// A template that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {message}", line.map(|l| format!(":{l}")).unwrap_or_default())]
pub struct TemplateError {
    pub file: String,
    /// From 1.
    pub line: Option<usize>,
    pub message: String,
}

/// Checked templates, ready to render.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// The templates that come with the program.
    pub fn embedded() -> Result<Self, TemplateError> {
        Self::with_directory(&BTreeMap::new())
    }

    /// The embedded templates with single files replaced: file name -> text, as the caller read them from the operator's directory.
    pub fn with_directory(files: &BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let mut environment = environment();
        load(&mut environment, &EMBEDDED, files)?;
        for (mjml, text, html, contents) in [(MJML, TEXT, HTML, sample::contents()), (ALARMS_MJML, ALARMS_TEXT, ALARMS_HTML, digest::samples())] {
            for content in &contents {
                check(&environment, mjml, content)?;
                check(&environment, text, content)?;
            }
            let embedded = EMBEDDED.iter().find(|(name, _)| *name == mjml).map_or("", |(_, source)| source);
            let source = files.get(mjml).map_or(embedded, String::as_str);
            environment.add_template_owned(html, compile(mjml, source)?).map_err(|e| refused(mjml, &e))?;
            for content in &contents {
                // Lines of the compiled form say nothing to the author.
                check(&environment, html, content).map_err(|e| TemplateError { file: mjml.into(), line: None, ..e })?;
            }
        }
        for name in [HTML, TEXT] {
            complete(&environment, name)?;
        }
        Ok(Self { environment })
    }

    pub(super) fn html(&self, content: Value) -> Result<String, TemplateError> {
        fill(&self.environment, HTML, content)
    }

    pub(super) fn text(&self, content: Value) -> Result<String, TemplateError> {
        fill(&self.environment, TEXT, content)
    }

    /// The digest of alarms as HTML and as plain text.
    pub(super) fn alarms(&self, content: Value) -> Result<(String, String), TemplateError> {
        Ok((fill(&self.environment, ALARMS_HTML, content.clone())?, fill(&self.environment, ALARMS_TEXT, content)?))
    }
}

/// An engine that refuses what is undefined and escapes in HTML and MJML.
pub(crate) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| if name == TEXT || name == ALARMS_TEXT { AutoEscape::None } else { AutoEscape::Html });
    environment.set_formatter(escape);
    environment
}

/// Escapes for text and double-quoted attributes. The engine's own would also write each `/` as six characters, which Gmail's limit on the
/// size of a mail makes dear.
fn escape(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if *state.auto_escape() == AutoEscape::Html && !value.is_safe() => {
            out.write_str(&html_escape::encode_quoted_attribute(text)).map_err(Error::from)
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}

/// Adds each embedded template or the operator's instead of it; a file that replaces nothing is refused as a misspelling.
pub(crate) fn load(
    environment: &mut Environment<'static>,
    embedded: &[(&'static str, &'static str)],
    files: &BTreeMap<String, String>,
) -> Result<(), TemplateError> {
    if let Some(stranger) = files.keys().find(|name| embedded.iter().all(|(n, _)| n != name)) {
        let names: Vec<&str> = embedded.iter().map(|(n, _)| *n).collect();
        return Err(TemplateError { file: stranger.clone(), line: None, message: format!("no such template; expected one of {}", names.join(", ")) });
    }
    for (name, source) in embedded {
        let source = files.get(*name).cloned().unwrap_or_else(|| (*source).to_owned());
        environment.add_template_owned(*name, source).map_err(|e| refused(name, &e))?;
    }
    Ok(())
}

/// Renders against a sample and throws the result away.
pub(crate) fn check(environment: &Environment, name: &str, content: &Value) -> Result<(), TemplateError> {
    let template = environment.get_template(name).map_err(|e| refused(name, &e))?;
    // Branches that no sample takes are not run, but the names at the top of every expression are known without running.
    let unknown = template.undeclared_variables(false).into_iter().filter(|v| content.get_attr(v).map_or(true, |v| v.is_undefined())).min();
    if let Some(variable) = unknown.filter(|v| environment.globals().all(|(name, _)| name != v)) {
        let line = template.source().lines().position(|l| mentions(l, &variable)).map(|l| l + 1);
        return Err(TemplateError { file: name.into(), line, message: format!("unknown variable `{variable}`") });
    }
    fill(environment, name, content.clone()).map(drop)
}

/// Refuses a mail that leaves out what the law asks for (PECR reg. 23: who sends, and a way out) or a fact of an item.
fn complete(environment: &Environment, name: &str) -> Result<(), TemplateError> {
    let [full, _] = sample::contents();
    let mail = fill(environment, name, full)?;
    let missing = sample::REQUIRED.iter().find(|(_, words, times)| mail.matches(words).count() < *times);
    let file = if name == HTML { MJML } else { name };
    missing.map_or(Ok(()), |(what, ..)| Err(TemplateError { file: file.into(), line: None, message: format!("every mail must print {what}") }))
}

fn mentions(line: &str, variable: &str) -> bool {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == variable)
}

pub(crate) fn fill(environment: &Environment, name: &str, content: Value) -> Result<String, TemplateError> {
    environment.get_template(name).and_then(|t| t.render(content)).map_err(|e| refused(name, &e))
}

fn refused(name: &str, error: &Error) -> TemplateError {
    let detail = error.detail().unwrap_or_default();
    let message = match error.kind() {
        ErrorKind::UndefinedError if detail.is_empty() => "unknown variable".to_owned(),
        ErrorKind::UndefinedError => format!("unknown variable: {detail}"),
        kind if detail.is_empty() => kind.to_string(),
        kind => format!("{kind}: {detail}"),
    };
    TemplateError { file: error.name().unwrap_or(name).to_owned(), line: error.line(), message }
}

/// MJML with expressions in it -> HTML with the same expressions, CSS inlined, indentation removed.
fn compile(name: &str, source: &str) -> Result<String, TemplateError> {
    let at = |position: usize, message: String| {
        let line = source.get(..position).map(|before| before.matches('\n').count() + 1);
        TemplateError { file: name.into(), line, message }
    };
    let parsed = mrml::parse(source).map_err(|e| at(position_of(&e).unwrap_or(usize::MAX), format!("not MJML: {e}")))?;
    if let Some(warning) = parsed.warnings.first() {
        return Err(at(warning.span.start, format!("not MJML: {warning}")));
    }
    // No web fonts: a mail loads nothing from anywhere.
    let options = mrml::prelude::render::RenderOptions { disable_comments: true, fonts: std::collections::HashMap::new(), ..Default::default() };
    let html = parsed.element.render(&options).map_err(|e| at(usize::MAX, format!("cannot be rendered: {e}")))?;
    // mrml passes elements that it does not know through.
    if let Some((_, rest)) = html.split_once("<mj-") {
        let tag = format!("<mj-{}", rest.split(|c: char| !c.is_alphanumeric() && c != '-').next().unwrap_or(""));
        return Err(at(source.find(&tag).unwrap_or(usize::MAX), format!("not MJML: {tag}> is unknown")));
    }
    let inliner =
        css_inline::CSSInliner::options().load_remote_stylesheets(false).keep_style_tags(false).keep_at_rules(true).minify_css(true).build();
    let html = inliner.inline(&html).map_err(|e| at(usize::MAX, format!("its CSS cannot be inlined: {e}")))?;
    // MJML's own rule for paragraphs says what they are anyway, once for each of them.
    let html = html.replace("<p style=\"display:block;", "<p style=\"");
    let html = outlook::alone(&html);
    Ok(html.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n"))
}

fn position_of(error: &mrml::prelude::parser::Error) -> Option<usize> {
    use mrml::prelude::parser::Error::{IncludeLoaderError, InvalidAttribute, InvalidFormat, MissingAttribute, UnexpectedElement, UnexpectedToken};
    match error {
        UnexpectedElement { position, .. }
        | UnexpectedToken { position, .. }
        | MissingAttribute { position, .. }
        | InvalidAttribute { position, .. }
        | InvalidFormat { position, .. }
        | IncludeLoaderError { position, .. } => Some(position.start),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(name: &str, change: impl Fn(&str) -> String) -> Result<Templates, TemplateError> {
        let source = EMBEDDED.iter().find(|(n, _)| *n == name).map_or("", |(_, s)| *s);
        Templates::with_directory(&BTreeMap::from([(name.to_owned(), change(source))]))
    }

    fn check_refused(name: &str, from: &str, to: &str, line_of: &str, word: &str) {
        let changed = |s: &str| s.replacen(from, to, 1);
        let source = EMBEDDED.iter().find(|(n, _)| *n == name).map(|(_, s)| changed(s)).unwrap();
        let line = source.lines().position(|l| l.contains(line_of)).map(|l| l + 1);
        assert!(line.is_some(), "{line_of} is in the template");
        let error = replaced(name, changed).unwrap_err();
        assert_eq!((error.file.as_str(), error.line), (name, line), "{error}");
        assert!(error.message.contains(word), "{error}");
    }

    #[test]
    fn a_template_that_names_something_unknown_is_refused_with_file_and_line() {
        check_refused(MJML, "{{ bulletin.strapline }}", "{{ bulletin.starpline }}", "starpline", "unknown");
        check_refused(MJML, "{{ date }}", "{{ dtae }}", "dtae", "`dtae`");
        check_refused(MJML, "{{ fact.text }}", "{{ fact.words }}", "fact.words", "unknown");
        check_refused(TEXT, "{{ item.brief }}", "{{ item.breif }}", "breif", "unknown");
        check_refused(TEXT, "{{ date }}", "{% if false %}{{ never_run }}{% endif %}", "never_run", "`never_run`");
    }

    #[test]
    fn a_template_with_a_mistake_in_its_syntax_is_refused_with_file_and_line() {
        check_refused(TEXT, "{{ date }}", "{{ date * }}", "{{ date *", "syntax error");
        check_refused(MJML, "{{ date }}", "{{ date | shout }}", "shout", "unknown filter");
        check_refused(MJML, "<mj-section css-class=\"sheet\">", "<mj-sektion css-class=\"sheet\">", "mj-sektion", "MJML");
    }

    #[test]
    fn a_mail_without_a_way_out_a_sender_or_a_fact_is_refused() {
        for (leave_out, word) in [
            ("{{ reader.unsubscribe_url }}", "reader.unsubscribe_url"),
            ("{{ bulletin.organisation }}", "bulletin.organisation"),
            ("{{ bulletin.postal_address }}", "bulletin.postal_address"),
            ("{{ fact.text }}", "facts"),
        ] {
            for name in [MJML, TEXT] {
                let error = replaced(name, |s| s.replace(leave_out, "")).unwrap_err();
                assert!(error.file == name && error.message.contains(word), "{error}");
            }
        }
    }

    #[test]
    fn a_file_that_replaces_nothing_is_refused() {
        let error = replaced("edition.mjlm", str::to_owned).unwrap_err();
        assert_eq!(error.to_string(), "edition.mjlm: no such template; expected one of edition.mjml, edition.txt, alarms.mjml, alarms.txt");
    }

    #[test]
    fn a_mail_loads_nothing_from_anywhere() {
        for (name, source) in EMBEDDED.iter().filter(|(name, _)| [MJML, ALARMS_MJML].contains(name)) {
            let html = compile(name, source).unwrap();
            for remote in ["@import", "<link", "<img", "url(", "<script"] {
                assert!(!html.contains(remote), "{name}: {remote}");
            }
        }
    }
}
