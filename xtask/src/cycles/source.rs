//! What a file of Rust says of modules: those it declares, the names it defines and imports, the paths it mentions.

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta, UseTree, Visibility};

/// A module without what is compiled for tests alone.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) children: Vec<Child>,
    /// Names of what it defines itself.
    pub(super) items: Vec<String>,
    /// Macros that it puts at the root of the crate.
    pub(super) exported_macros: Vec<String>,
    pub(super) uses: Vec<Use>,
    /// Paths in expressions, types, patterns, attributes and macros.
    pub(super) mentions: Vec<Mention>,
}

/// A module that a module declares.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) name: String,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    Inline(Module),
    /// In a file of its own: where the module's name says, or at this path.
    File(Option<String>),
}

/// One name that a `use` brings into a module.
#[derive(Debug)]
pub(super) struct Use {
    /// `*` for all names of a module.
    pub(super) name: String,
    pub(super) path: Vec<String>,
    pub(super) line: usize,
    /// Others may import it from here.
    pub(super) reexport: bool,
}

#[derive(Debug)]
pub(super) struct Mention {
    pub(super) path: Vec<String>,
    pub(super) line: usize,
}

pub(super) fn parse(text: &str) -> syn::Result<Module> {
    let file = syn::parse_file(text)?;
    let mut reader = Reader { module: Module::default() };
    reader.visit_file(&file);
    Ok(reader.module)
}

/// Gathers one module; a module inside it has a reader of its own.
struct Reader {
    module: Module,
}

impl Reader {
    fn mention(&mut self, path: Vec<String>, line: usize) {
        self.module.mentions.push(Mention { path, line });
    }

    fn tree(&mut self, tree: &UseTree, path: &[String], reexport: bool) {
        let extended = |name: &str| {
            let mut path = path.to_vec();
            // `a::{self}` is `a`.
            if name != "self" || path.is_empty() {
                path.push(name.to_owned());
            }
            path
        };
        let line = tree.span().start().line;
        match tree {
            UseTree::Path(one) => self.tree(&one.tree, &extended(&name_of(&one.ident)), reexport),
            UseTree::Group(group) => {
                for one in &group.items {
                    self.tree(one, path, reexport);
                }
            }
            UseTree::Name(one) => {
                let path = extended(&name_of(&one.ident));
                let name = path.last().cloned().unwrap_or_default();
                self.module.uses.push(Use { name, path, line, reexport });
            }
            UseTree::Rename(one) => {
                let path = extended(&name_of(&one.ident));
                self.module.uses.push(Use { name: name_of(&one.rename), path, line, reexport });
            }
            UseTree::Glob(_) => {
                self.module.uses.push(Use { name: "*".to_owned(), path: path.to_vec(), line, reexport });
            }
        }
    }

    /// Paths among the tokens of a macro or an attribute, as far as tokens show them.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut line = 0;
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons < 2 {
                        self.end_of(&mut path, line);
                        line = ident.span().start().line;
                    }
                    path.push(name_of(&ident));
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.end_of(&mut path, line);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.end_of(&mut path, line);
    }

    fn end_of(&mut self, path: &mut Vec<String>, line: usize) {
        if !path.is_empty() {
            self.mention(std::mem::take(path), line);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes_of(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        if let syn::ImplItem::Fn(one) = item
            && is_for_tests(&one.attrs)
        {
            return;
        }
        visit::visit_impl_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let body = if let Some((_, items)) = &item.content {
            let mut inside = Reader { module: Module::default() };
            for one in items {
                inside.visit_item(one);
            }
            Body::Inline(inside.module)
        } else {
            Body::File(path_of(&item.attrs))
        };
        self.module.children.push(Child { name: name_of(&item.ident), body });
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            self.tree(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let names = path.segments.iter().map(|segment| name_of(&segment.ident)).collect();
            self.mention(names, path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, one: &'ast syn::Macro) {
        self.tokens(one.tokens.clone());
        visit::visit_macro(self, one);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.define(&item.sig.ident);
        visit::visit_item_fn(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.define(&item.ident);
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.define(&item.ident);
        visit::visit_item_enum(self, item);
    }

    fn visit_item_union(&mut self, item: &'ast syn::ItemUnion) {
        self.define(&item.ident);
        visit::visit_item_union(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.define(&item.ident);
        visit::visit_item_trait(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.define(&item.ident);
        visit::visit_item_type(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.define(&item.ident);
        visit::visit_item_const(self, item);
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.define(&item.ident);
        visit::visit_item_static(self, item);
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if let Some(ident) = &item.ident {
            if item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) {
                self.module.exported_macros.push(name_of(ident));
            }
            self.define(ident);
        }
        visit::visit_item_macro(self, item);
    }
}

impl Reader {
    fn define(&mut self, ident: &syn::Ident) {
        self.module.items.push(name_of(ident));
    }
}

fn name_of(ident: &syn::Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

/// The file of `#[path = "file"]`.
fn path_of(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}

/// Whether it is compiled for tests alone: `#[cfg(test)]`, `#[cfg(all(test, …))]`, `#[test]`.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string().replace(' ', "");
            condition == "test" || condition.starts_with("all(test,")
        }
        meta => meta.path().segments.last().is_some_and(|last| last.ident == "test"),
    })
}

fn attributes_of(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(one) => &one.attrs,
        Item::Enum(one) => &one.attrs,
        Item::ExternCrate(one) => &one.attrs,
        Item::Fn(one) => &one.attrs,
        Item::ForeignMod(one) => &one.attrs,
        Item::Impl(one) => &one.attrs,
        Item::Macro(one) => &one.attrs,
        Item::Mod(one) => &one.attrs,
        Item::Static(one) => &one.attrs,
        Item::Struct(one) => &one.attrs,
        Item::Trait(one) => &one.attrs,
        Item::TraitAlias(one) => &one.attrs,
        Item::Type(one) => &one.attrs,
        Item::Union(one) => &one.attrs,
        Item::Use(one) => &one.attrs,
        _ => &[],
    }
}
