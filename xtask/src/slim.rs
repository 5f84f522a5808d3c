//! Takes out of a compiled proxy-wasm module what the filter does not use.
//!
//! Envoy calls every `proxy_on_*` function that a module exports, and the SDK exports all of them. Each call that
//! does nothing still enters and leaves the VM. What is not exported is not called; functions and imports that
//! nothing reaches any more go as well.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, anyhow, bail};
use wasm_encoder::reencode::{self, Reencode};
use wasmparser::{
    ElementItems, Export, ExternalKind, FunctionBody, FunctionSectionReader, Import,
    ImportSectionReader, Operator, Parser, Payload, TypeRef,
};

/// The callbacks that stay, each with what would break without it.
///
/// Not among them are `proxy_on_done` and `proxy_on_log`: the host takes their absence for "done" and then calls
/// `proxy_on_delete`, which is where the SDK drops a context.
const CALLBACKS: [&str; 10] = [
    "proxy_on_context_create", // makes the root context and one context per request
    "proxy_on_vm_start",       // the host starts no VM without asking it
    "proxy_on_configure",      // reads the configuration document
    "proxy_on_tick",           // fetches keys, gives up on requests that wait too long
    "proxy_on_request_headers", // decides
    "proxy_on_request_body",   // holds the body of a request that may not go on
    "proxy_on_request_trailers", // likewise
    "proxy_on_http_call_response", // takes the answer of a key fetch
    "proxy_on_delete",         // drops a context: without it every request would leak one
    "proxy_on_memory_allocate", // the host's way to hand over bytes; not an event
];

/// The module without unused callbacks, without what only they reached, and without its custom sections.
///
/// # Errors
///
/// When `module` is no WebAssembly module of the kind that the Rust compiler makes, or lacks one of the callbacks
/// that the filter needs.
pub(crate) fn slim(module: &[u8]) -> Result<Vec<u8>> {
    let code = Code::read(module).context("the compiled module cannot be read")?;
    let live = code.live()?;
    let mut writer = Writer {
        imported: code.imported,
        renumbered: renumber(code.imported, code.bodies.len(), &live)?,
        next_body: code.imported,
    };
    let mut slimmed = wasm_encoder::Module::new();
    writer
        .parse_core_module(&mut slimmed, Parser::new(0), module)
        .map_err(|error| anyhow!("the module cannot be written: {error}"))?;
    Ok(slimmed.finish())
}

fn is_kept(export: &str) -> bool {
    !export.starts_with("proxy_on_") || CALLBACKS.contains(&export)
}

/// What decides which functions are reached. Functions are numbered as in the module: imports first.
#[derive(Default)]
struct Code<'a> {
    imported: u32,
    bodies: Vec<FunctionBody<'a>>,
    /// Reached from outside: kept exports, the start function, everything in a table or a global.
    roots: Vec<u32>,
}

impl<'a> Code<'a> {
    fn read(module: &'a [u8]) -> Result<Self> {
        let mut code = Code::default();
        let mut found = BTreeSet::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if is_function(import?.ty) {
                            code.imported = code.imported.saturating_add(1);
                        }
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == ExternalKind::Func && is_kept(export.name) {
                            found.insert(export.name);
                            code.roots.push(export.index);
                        }
                    }
                }
                Payload::StartSection { func, .. } => code.roots.push(func),
                Payload::ElementSection(elements) => {
                    for element in elements {
                        match element?.items {
                            ElementItems::Functions(functions) => {
                                for function in functions {
                                    code.roots.push(function?);
                                }
                            }
                            ElementItems::Expressions(_, expressions) => {
                                for expression in expressions {
                                    code.add_references(expression?.get_operators_reader())?;
                                }
                            }
                        }
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        code.add_references(global?.init_expr.get_operators_reader())?;
                    }
                }
                Payload::CodeSectionEntry(body) => code.bodies.push(body),
                _ => {}
            }
        }
        for callback in CALLBACKS {
            if callback != "proxy_on_memory_allocate" && !found.contains(callback) {
                bail!("it does not export {callback}: is the filter's entry point in place?");
            }
        }
        Ok(code)
    }

    fn add_references(&mut self, operators: wasmparser::OperatorsReader<'_>) -> Result<()> {
        for operator in operators {
            self.roots.extend(referenced_function(&operator?));
        }
        Ok(())
    }

    fn live(&self) -> Result<BTreeSet<u32>> {
        let mut live = BTreeSet::new();
        let mut waiting = self.roots.clone();
        while let Some(function) = waiting.pop() {
            if !live.insert(function) {
                continue;
            }
            let Some(own) = function.checked_sub(self.imported) else {
                continue;
            };
            let body = self
                .bodies
                .get(usize::try_from(own)?)
                .with_context(|| format!("function {function} has no body"))?;
            for operator in body.get_operators_reader()? {
                waiting.extend(referenced_function(&operator?));
            }
        }
        Ok(live)
    }
}

fn is_function(ty: TypeRef) -> bool {
    matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_))
}

fn referenced_function(operator: &Operator<'_>) -> Option<u32> {
    match operator {
        Operator::Call { function_index }
        | Operator::ReturnCall { function_index }
        | Operator::RefFunc { function_index } => Some(*function_index),
        _ => None,
    }
}

/// For each function of the old module its number in the new one; `None` when it goes.
fn renumber(imported: u32, bodies: usize, live: &BTreeSet<u32>) -> Result<Vec<Option<u32>>> {
    let all = imported.saturating_add(u32::try_from(bodies)?);
    let mut next = 0_u32;
    Ok((0..all)
        .map(|function| {
            live.contains(&function).then(|| {
                let number = next;
                next = next.saturating_add(1);
                number
            })
        })
        .collect())
}

/// Copies a module without the functions that go.
struct Writer {
    imported: u32,
    renumbered: Vec<Option<u32>>,
    /// The function whose body comes next in the code section.
    next_body: u32,
}

/// A function that was taken for unreachable is used after all: an instruction that [`referenced_function`] misses.
#[derive(Debug)]
struct StillUsed(u32);

impl std::fmt::Display for StillUsed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "function {} is used after all", self.0)
    }
}

impl std::error::Error for StillUsed {}

impl Writer {
    fn number(&self, function: u32) -> Option<u32> {
        let index = usize::try_from(function).ok()?;
        self.renumbered.get(index).copied().flatten()
    }
}

impl Reencode for Writer {
    type Error = StillUsed;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error<StillUsed>> {
        self.number(function)
            .ok_or(reencode::Error::UserError(StillUsed(function)))
    }

    fn parse_import_section(
        &mut self,
        imports: &mut wasm_encoder::ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), reencode::Error<StillUsed>> {
        let mut function = 0_u32;
        for import in section.into_imports() {
            let import: Import<'_> = import?;
            if is_function(import.ty) {
                let kept = self.number(function).is_some();
                function = function.saturating_add(1);
                if !kept {
                    continue;
                }
            }
            self.parse_import(imports, import)?;
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut wasm_encoder::FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), reencode::Error<StillUsed>> {
        for (function, ty) in (self.imported..).zip(section) {
            if self.number(function).is_some() {
                functions.function(self.type_index(ty?)?);
            }
        }
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut wasm_encoder::CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), reencode::Error<StillUsed>> {
        let function = self.next_body;
        self.next_body = function.saturating_add(1);
        if self.number(function).is_some() {
            reencode::utils::parse_function_body(self, code, body)?;
        }
        Ok(())
    }

    fn parse_export(
        &mut self,
        exports: &mut wasm_encoder::ExportSection,
        export: Export<'_>,
    ) -> Result<(), reencode::Error<StillUsed>> {
        if is_kept(export.name) {
            reencode::utils::parse_export(self, exports, export)?;
        }
        Ok(())
    }

    /// Names of functions, the list of compilers, debug information: nothing that a host needs.
    fn parse_custom_section(
        &mut self,
        _module: &mut wasm_encoder::Module,
        _section: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error<StillUsed>> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        CodeSection, ConstExpr, CustomSection, ElementSection, Elements, EntityType, ExportKind,
        ExportSection, Function, FunctionSection, ImportSection, Instruction, Module, RefType,
        TableSection, TableType, TypeSection,
    };

    use super::*;

    /// Two imports (0 and 1) and one function per callback, `unused` and `helper`; the callback that goes is the
    /// only one to call import 0 and `unused`, and a table holds `in_table`.
    fn module(exports: &[&str]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import("env", "only_for_unused", EntityType::Function(0));
        imports.import("env", "for_all", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        let mut code = CodeSection::new();
        let mut exported = ExportSection::new();
        let mut add = |calls: &[u32]| {
            functions.function(0);
            let mut function = Function::new([]);
            for callee in calls {
                function.instruction(&Instruction::Call(*callee));
            }
            function.instruction(&Instruction::End);
            code.function(&function);
        };
        add(&[0]); // 2: unused
        add(&[1]); // 3: helper
        add(&[]); // 4: in_table
        for (index, name) in (5..).zip(exports) {
            add(if is_kept(name) { &[3] } else { &[2, 3] });
            exported.export(name, ExportKind::Func, index);
        }
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: 1,
            maximum: None,
            shared: false,
        });
        let mut elements = ElementSection::new();
        elements.active(
            None,
            &ConstExpr::i32_const(0),
            Elements::Functions([4].as_slice().into()),
        );
        let mut module = Module::new();
        module
            .section(&types)
            .section(&imports)
            .section(&functions)
            .section(&tables)
            .section(&exported)
            .section(&elements)
            .section(&code)
            .section(&CustomSection {
                name: "producers".into(),
                data: b"who made this"[..].into(),
            });
        module.finish()
    }

    fn names(module: &[u8]) -> (Vec<String>, Vec<String>, usize) {
        let (mut imports, mut exports) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(module) {
            match payload.unwrap() {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        imports.push(import.unwrap().name.to_owned());
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        exports.push(export.unwrap().name.to_owned());
                    }
                }
                Payload::CustomSection(section) => panic!("{} is still there", section.name()),
                _ => {}
            }
        }
        (imports, exports, Code::read(module).unwrap().bodies.len())
    }

    #[test]
    fn an_unused_callback_goes_with_everything_that_only_it_reached() {
        let mut all = CALLBACKS.to_vec();
        all.extend(["proxy_on_response_headers", "proxy_abi_version_0_2_1"]);

        let (imports, exports, functions) = names(&slim(&module(&all)).unwrap());

        all.retain(|name| *name != "proxy_on_response_headers");
        assert_eq!(exports, all);
        assert_eq!(imports, ["for_all"]);
        assert_eq!(functions, all.len() + 2, "helper and in_table stay");
    }

    #[test]
    fn a_module_without_a_callback_that_the_filter_needs_is_refused() {
        let needed: Vec<_> = CALLBACKS
            .into_iter()
            .filter(|name| *name != "proxy_on_tick")
            .collect();
        let error = slim(&module(&needed)).unwrap_err();
        assert!(format!("{error:#}").contains("proxy_on_tick"), "{error:#}");
    }
}
