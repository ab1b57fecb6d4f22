//! `#[derive(FieldNames)]`: the names of a struct's fields.
use quote::quote;
use syn::{parse_macro_input, Data, DeriveInput, Fields};

#[proc_macro_derive(FieldNames)]
pub fn field_names(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let name = &input.ident;
    let names: Vec<String> = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => fields.named.iter().filter_map(|f| f.ident.as_ref().map(|i| i.to_string())).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let out = quote! {
        impl #name { pub const FIELD_NAMES: &'static [&'static str] = &[#(#names),*]; }
    };
    out.into()
}
