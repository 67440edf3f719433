//! The summary of what is wrong in a form, at its head.

/// Returns the fields of a form that are wrong, each with its message, in the order of the form.
pub(crate) fn errors<'a, E: Clone>(fields: &[(&'a str, Option<E>)]) -> Vec<(&'a str, E)> {
    let wrong = fields.iter();
    wrong
        .filter_map(|(name, error)| Some((*name, error.clone()?)))
        .collect()
}
