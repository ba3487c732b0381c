//! How a source is doing, judged by what it usually yields. Never withdraws anything (invariant 1).

/// Whether an answer is oddly short for its source. `usual` holds the yields of the last reads.
#[must_use]
pub fn suspicion(listings: usize, usual: &[i64]) -> Option<String> {
    let mut sorted = usual.to_vec();
    sorted.sort_unstable();
    let Some(median) = sorted.get(sorted.len() / 2) else {
        return (listings == 0).then(|| "no events were found there; `gleaner try source URL` shows what each way of reading it yields".to_owned());
    };
    let median = usize::try_from(*median).ok()?;
    if median == 0 || (listings > 0 && (median < 5 || listings * 10 >= median * 4)) {
        return None;
    }
    Some(format!("{listings} events where there were usually {median}; nothing was withdrawn, look at the page"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_far_shorter_than_usual_is_suspect() {
        assert!(suspicion(0, &[]).is_some_and(|s| s.contains("try source")), "a source that never held anything is the wrong address");
        assert_eq!(suspicion(1, &[]), None, "nothing to compare with");
        assert!(suspicion(0, &[3, 3, 2]).is_some());
        assert!(suspicion(7, &[20, 21, 19]).is_some());
        assert_eq!(suspicion(8, &[20, 21, 19]), None);
        assert_eq!(suspicion(1, &[4, 4, 4]), None, "small lists vary");
    }
}
