//! The `#[work]` method of a processor, and what its attribute says.

use syn::{LitInt, LitStr, Type};

use super::acts::ActsDef;
use crate::attr::{Once, Piece};
use crate::block::Block;
use crate::block::item::Item;
use crate::block::mark::Mark;
use crate::ctxt::Ctxt;
use crate::diag::{self, Marked, Takes};
use crate::limits::{BATCH_MAX, WITHIN_HOURS_MAX, WORKERS_MAX};
use crate::symbol;
use crate::syntax::signature::{Param, Signature};
use crate::syntax::types::innermost;

pub(super) struct WorkMethod {
    pub(super) acts: ActsDef,
    /// The type of what is to be done; with `batch`, that of one of them.
    pub(super) item: Type,
    pub(super) words: WorkWords,
}

/// How to-dos are done, as far as the attribute says.
#[derive(Clone, Copy)]
pub(super) struct WorkWords {
    pub(super) workers: Option<u32>,
    pub(super) attempts: Option<u32>,
    pub(super) within_ms: Option<u64>,
    /// Up to how many are done together; `None` for one at a time.
    pub(super) batch: Option<u32>,
}

impl WorkMethod {
    /// Reads a method; nothing after a report that says why.
    pub(super) fn read(cx: &Ctxt, block: &Block, item: &Item, mark: &Mark<'_>) -> Option<WorkMethod> {
        let words = WorkWords::read(cx, &mark.pieces);
        let takes = if words.batch.is_some() { Takes::Batch } else { Takes::One };
        let read_item = |signature: &Signature, params: &[&Param]| read_item(cx, signature, takes, params);
        let (acts, item) = ActsDef::from_syn(cx, (Marked::WORK, takes), (block, item, mark), read_item)?;
        Some(WorkMethod { acts, item: block.written_out(&item), words })
    }
}

/// The type behind the reference by which what is to be done is taken.
fn read_item(cx: &Ctxt, signature: &Signature, takes: Takes, params: &[&Param]) -> Option<Type> {
    let [param, rest @ ..] = params else {
        cx.error(diag::work_without_item(&signature.ident));
        return None;
    };
    if let Some(extra) = rest.first() {
        cx.error(diag::work_too_many(&extra.ty, param, takes));
    }
    let item = match &param.ty {
        Type::Reference(reference) if reference.mutability.is_none() => (*reference.elem).clone(),
        ty => {
            cx.error(diag::work_item_by_value(ty));
            return None;
        }
    };
    let item = match (item, takes) {
        (Type::Slice(slice), Takes::Batch) => *slice.elem,
        (item, Takes::Batch) => {
            let one = innermost(&item).unwrap_or(item);
            cx.error(diag::work_batch_of_one(&param.ty, &one));
            return None;
        }
        (Type::Slice(_), Takes::One) => {
            cx.error(diag::work_slice(&param.ty));
            return None;
        }
        (item, Takes::One) => item,
    };
    if matches!(&item, Type::Path(path) if path.path.is_ident("str")) {
        cx.error(diag::work_item_unsized(&param.ty, &syn::parse_quote!(String)));
        return None;
    }
    signature.can_name(&item).then_some(item)
}

impl WorkWords {
    fn read(cx: &Ctxt, pieces: &[Piece]) -> WorkWords {
        let (mut workers, mut attempts, mut within, mut batch) = (Once::new(), Once::new(), Once::new(), Once::new());
        for piece in pieces {
            let word = &piece.word;
            match word.to_string().as_str() {
                symbol::WORKERS => {
                    workers.set(cx, word, cx.ok(piece.integer("workers = 4").and_then(|lit| read_workers(&lit))));
                }
                symbol::ATTEMPTS => {
                    attempts.set(cx, word, cx.ok(piece.integer("attempts = 8").and_then(|lit| read_attempts(&lit))));
                }
                symbol::WITHIN => {
                    within.set(cx, word, cx.ok(piece.string("within = \"30s\"").and_then(|lit| read_within(&lit))));
                }
                symbol::BATCH => {
                    let most = cx.ok(piece.integer("batch = 50").and_then(|lit| read_batch(&lit)));
                    // What could not be read is still said.
                    batch.set(cx, word, Some(most.unwrap_or(BATCH_MAX)));
                }
                _ => {}
            }
        }
        WorkWords { workers: workers.get(), attempts: attempts.get(), within_ms: within.get(), batch: batch.get() }
    }
}

fn read_workers(lit: &LitInt) -> syn::Result<u32> {
    match lit.base10_parse::<u32>() {
        Ok(number) if (1..=WORKERS_MAX).contains(&number) => Ok(number),
        _ => Err(diag::workers_out_of_range(lit)),
    }
}

fn read_attempts(lit: &LitInt) -> syn::Result<u32> {
    match lit.base10_parse::<u32>() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(diag::attempts_out_of_range(lit)),
    }
}

fn read_batch(lit: &LitInt) -> syn::Result<u32> {
    match lit.base10_parse::<u32>() {
        Ok(number) if (2..=BATCH_MAX).contains(&number) => Ok(number),
        number => Err(diag::batch_out_of_range(lit, number.is_ok_and(|number| number == 1))),
    }
}

/// A number and a unit, in milliseconds.
fn read_within(lit: &LitStr) -> syn::Result<u64> {
    let value = lit.value();
    let digits = value.len() - value.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = value.split_at(digits);
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(diag::within_unreadable(lit, number, unit)),
    };
    let within_ms = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit_ms));
    match within_ms {
        _ if number.is_empty() => Err(diag::within_unreadable(lit, number, unit)),
        Some(within_ms) if (1..=WITHIN_HOURS_MAX * 3_600_000).contains(&within_ms) => Ok(within_ms),
        _ => Err(diag::within_out_of_range(lit)),
    }
}
