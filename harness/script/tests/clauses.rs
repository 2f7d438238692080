//! The ids of our own that the codec reports are in the catalogue, so that scenarios can name them.

#[test]
fn the_catalogue_knows_what_the_codec_reports() {
    let ids: Vec<&str> = deadzone_wire::own_clauses().map(|(id, _)| id).collect();
    assert!(ids.len() > 50, "{}", ids.len());
    let unknown: Vec<&str> = ids.into_iter().filter(|id| deadzone_spec::find(id).is_none()).collect();
    assert!(unknown.is_empty(), "add to the catalogue's own.tsv: {unknown:?}");
}
