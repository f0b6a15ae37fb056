//! The to-do list: what an event opens and closes, and what does one of its to-dos.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::act::{Act, call};
use crate::block::handler::absent;
use crate::diag::Takes;
use crate::dispatch::Table;
use crate::processor::list::{ListDef, ListMethod};
use crate::processor::work::{WorkMethod, WorkWords};
use crate::subscriber::expand::otherwise;
use crate::symbol;
use crate::wrap::{check, name_span};

/// The type of the keys, which stands outside of the impl, and the items of the impl.
pub(super) fn expand(def: &ListDef, self_ty: &Type) -> (TokenStream, TokenStream) {
    if def.todos.is_empty() {
        return Default::default();
    }
    let (keys, todos) = (key(&def.todos), todos(def, self_ty));
    let works = def.works.iter().map(|work| works(def, work, self_ty));
    (keys, quote!(#todos #(#works)*))
}

/// The name `__Key` of the type by which the first method opens.
fn key(todos: &[ListMethod]) -> TokenStream {
    let mut before: Vec<Option<TokenStream>> = Vec::new();
    let mut keys = TokenStream::new();
    for ListMethod { handler, output } in todos {
        let (cfgs, todos) = (&handler.cfgs, todos_of(output));
        let key = quote_spanned!(output.span()=> #todos::Key);
        keys.extend(quote!(#(#before)* #(#cfgs)* type __Key = #key;));
        if cfgs.is_empty() {
            break;
        }
        before.push(absent(cfgs));
    }
    let cfgs = todos.iter().map(|ListMethod { handler, .. }| handler.cfgs.as_slice());
    let none = otherwise(
        cfgs,
        &quote!(
            type __Key = __eskit::NoKey;
        ),
    );
    quote!(#keys #none)
}

/// `<Output as Todos>`: what is none is refused at its type.
fn todos_of(output: &Type) -> TokenStream {
    quote_spanned!(output.span()=> <#output as __eskit::Todos>)
}

fn todos(def: &ListDef, self_ty: &Type) -> TokenStream {
    let opened = find(Table::OPENED, &def.todos, self_ty, &TokenStream::new(), |ListMethod { output, .. }, call| {
        let (todos, changes) = (todos_of(output), quote!(__changes));
        let open = quote_spanned!(output.span()=> #todos::open(#call, #changes));
        quote!({ #open?; })
    });
    let closed = (!def.dones.is_empty()).then(|| {
        find(Table::CLOSED, &def.dones, self_ty, &TokenStream::new(), |ListMethod { output, .. }, call| {
            let changes = quote!(__changes);
            let close = quote_spanned!(output.span()=> <#output as __eskit::TodoKeys<__Key>>::close(#call, #changes));
            quote!({ #close?; })
        })
    });
    let opens = Table::OPENED.sets();
    quote! {
        const OPENS: __eskit::EventTypes = __eskit::EventTypes::Many(&#opens);

        fn todos(
            &self,
            __event: &__eskit::RecordedEvent,
            __changes: &mut __eskit::TodoChanges,
        ) -> ::core::result::Result<(), __eskit::HandleError> {
            #closed
            #opened
            ::core::result::Result::Ok(())
        }
    }
}

/// A `match` that hands the event to the method that takes it: `then` is what becomes of the call, and `otherwise` what follows where
/// no method takes it.
fn find(
    table: Table,
    methods: &[ListMethod],
    self_ty: &Type,
    otherwise: &TokenStream,
    then: impl Fn(&ListMethod, &TokenStream) -> TokenStream,
) -> TokenStream {
    let refused = quote!(return ::core::result::Result::Err(::core::convert::From::from(__error)));
    let arms = methods.iter().enumerate().map(|(index, method)| {
        let call = method.handler.call(self_ty, &TokenStream::new());
        method.handler.arm(index, &then(method, &call), &refused)
    });
    table.find(arms, &quote!(_ => { #otherwise }))
}

/// Of one `#[work]` method.
fn works(def: &ListDef, work: &WorkMethod, self_ty: &Type) -> TokenStream {
    let WorkMethod { acts, words, .. } = work;
    let (cfgs, options) = (&acts.cfgs, options(*words));
    let work = match acts.takes {
        Takes::One => work_one(def, work, self_ty),
        Takes::Batch => work_batch(def, work, self_ty),
    };
    quote! {
        #(#cfgs)*
        const WORK: ::core::option::Option<__eskit::WorkOptions> = ::core::option::Option::Some(#options);

        #(#cfgs)*
        #work
    }
}

fn work_one(def: &ListDef, WorkMethod { acts, item, .. }: &WorkMethod, self_ty: &Type) -> TokenStream {
    let place = name_span(self_ty);
    let find = find_item(def, item, self_ty, &quote!(return ::core::result::Result::Ok(())));
    let act = Act::of_acts(symbol::WORK, acts);
    let effect = act.effect();
    let execute = acts.callable.then(|| act.execute(&call(acts, self_ty, &quote!(, &__item #effect))));
    // That the future is not `Send` is found here.
    let work = quote_spanned!(place=> async fn work);
    let result = quote_spanned!(place=> ::core::result::Result<(), __eskit::HandleError>);
    quote! {
        #work<'__a>(
            &'__a self,
            __event: &'__a __eskit::RecordedEvent,
            __key: &'__a str,
            __effect: &'__a mut __eskit::Effect<'_>,
        ) -> #result {
            let __item: #item = #find;
            #execute
            ::core::result::Result::Ok(())
        }
    }
}

fn work_batch(def: &ListDef, WorkMethod { acts, item, .. }: &WorkMethod, self_ty: &Type) -> TokenStream {
    let place = name_span(self_ty);
    let find = find_item(def, item, self_ty, &quote!(return ::core::result::Result::Ok(::core::option::Option::None)));
    let act = Act::of_acts(symbol::WORK, acts);
    let effect = act.effect();
    let execute = acts.callable.then(|| act.execute_each(&call(acts, self_ty, &quote!(, __items #effect))));
    let work = quote_spanned!(place=> async fn work_batch);
    let found = quote!(::core::result::Result<::core::option::Option<#item>, __eskit::HandleError>);
    let result = quote_spanned!(place=> ::std::vec::Vec<::core::result::Result<(), __eskit::HandleError>>);
    quote! {
        #work<'__a>(
            &'__a self,
            __todos: &'__a [(&'__a __eskit::RecordedEvent, &'__a str)],
            __effects: &'__a mut [__eskit::Effect<'_>],
        ) -> #result {
            let __find = |__event: &__eskit::RecordedEvent, __key: &str| -> #found {
                let __item: #item = #find;
                ::core::result::Result::Ok(::core::option::Option::Some(__item))
            };
            let mut __batch = __eskit::WorkBatch::<#item>::new(__effects);
            for (__event, __key) in __todos {
                __batch.add(__find(__event, __key));
            }
            if let ::core::option::Option::Some((__items, __effect)) = __batch.ready() {
                #execute
            }
            __batch.finish()
        }
    }
}

/// What a to-do is about: its event, handed to the method that opened it.
fn find_item(def: &ListDef, item: &Type, self_ty: &Type, done: &TokenStream) -> TokenStream {
    find(Table::OPENED, &def.todos, self_ty, done, |method, call| {
        let (todos, key, place) = (todos_of(&method.output), quote!(__key), method.output.span());
        let opened = quote_spanned!(place=> #todos::with_key(#call, #key));
        let into_item = quote_spanned!(place=> <#todos::Item as __eskit::WorkFor<#item>>::into_item);
        let found = quote!(__item);
        quote_spanned! {place=>
            match #opened? {
                ::core::option::Option::Some(#found) => #into_item(#found),
                ::core::option::Option::None => #done,
            }
        }
    })
}

fn options(words: WorkWords) -> TokenStream {
    let WorkWords { workers, attempts, within_ms, batch } = words;
    let workers = workers.map(|workers| quote!(.workers(#workers)));
    let attempts = attempts.map(|attempts| quote!(.attempts(#attempts)));
    let within = within_ms.map(|ms| quote!(.within(::core::time::Duration::from_millis(#ms))));
    let batch = batch.map(|batch| quote!(.batch(#batch)));
    quote!(__eskit::WorkOptions::DEFAULT #workers #attempts #within #batch)
}

/// Keys are one value each, and of one type.
pub(super) fn checks(def: &ListDef) -> TokenStream {
    let Some((first, rest)) = def.todos.split_first() else { return TokenStream::new() };
    let ListMethod { handler, output } = first;
    let first = check(&handler.cfgs, &quote_spanned!(output.span()=> __eskit::check_todo_key::<__Key>()));
    let rest = rest.iter().map(|ListMethod { handler, output }| {
        let todos = todos_of(output);
        let same = quote_spanned!(output.span()=> <#todos::Key as __eskit::OpenedBy<__Key>>::IS_SAME);
        check(&handler.cfgs, &same)
    });
    quote!(#first #(#rest)*)
}
