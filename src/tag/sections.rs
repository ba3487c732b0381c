//! A digest's sections: when a text has training under a heading of its own beside jobs and news, only the training is read.

/// The headings of a digest, folded to lower case.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Headings {
    /// Over training.
    #[serde(default)]
    training: Vec<String>,
    /// Over anything else.
    #[serde(default)]
    other: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    /// Before the first heading.
    Opening,
    Training,
    Other,
}

impl Headings {
    /// The text without the sections under other headings. The text as it is when no section is headed as training.
    #[must_use]
    pub fn training_only(&self, text: &str) -> String {
        let mut section = Section::Opening;
        let mut kept = String::new();
        let mut has_training = false;
        for line in text.lines() {
            section = self.heading(line).unwrap_or(section);
            has_training |= section == Section::Training;
            if section != Section::Other {
                kept.push_str(line);
                kept.push('\n');
            }
        }
        if has_training { kept } else { text.to_owned() }
    }

    fn heading(&self, line: &str) -> Option<Section> {
        let line = line.trim().trim_matches(|c: char| !c.is_alphanumeric());
        if line.len() > 60 {
            return None;
        }
        let line = line.to_lowercase();
        let among = |list: &[String]| list.contains(&line);
        if among(&self.training) {
            Some(Section::Training)
        } else if among(&self.other) {
            Some(Section::Other)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::tag::taxonomy::Taxonomy;

    fn check(text: &str, expected: &str) {
        assert_eq!(Taxonomy::built_in().sections().training_only(text).trim_end(), expected);
    }

    #[test]
    fn jobs_beside_training_are_not_read() {
        check("Hello\n== TRAINING ==\nA workshop\nJobs:\nA post\nCPD\nA talk", "Hello\n== TRAINING ==\nA workshop\nCPD\nA talk");
    }

    #[test]
    fn without_a_training_section_everything_is_read() {
        check("JOBS\nA post", "JOBS\nA post");
        check("A workshop about jobs", "A workshop about jobs");
    }
}
