use eskit::__private::{is_like, slips};

/// The name among these that was probably meant.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    known.into_iter().filter(|known| is_like(name, known)).min_by_key(|known| slips(name, known))
}

/// "; did you mean `orders`?", if there is a name like this one.
pub(crate) fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    nearest(name, known).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default()
}
