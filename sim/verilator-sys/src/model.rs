//! An instance of a built module, and the only unsafe code of the workspace.
//!
//! What the code relies on: `shim.rs` writes the functions whose types are given here, and the sizes
//! the library reports are compared with the port list before any port is touched.
#![allow(unsafe_code)] // calls into a library loaded at run time

use crate::{Library, Port, VerilatorError, shim};
use libloading::Library as Handle;
use std::ffi::c_void;

type New = unsafe extern "C" fn() -> *mut c_void;
type Act = unsafe extern "C" fn(*mut c_void);
type Address = unsafe extern "C" fn(*mut c_void, u32) -> *mut c_void;
type Size = unsafe extern "C" fn(*mut c_void, u32) -> u64;

/// A port's variable.
struct Variable {
    address: *mut c_void,
    bytes: usize,
    bits: usize,
}

/// One model of a module. Ports are named by their index in the library's list.
///
/// A model holds raw pointers, so it is neither `Send` nor `Sync`: it stays on the thread that
/// loaded it. Load one model per thread; each has a Verilator context of its own.
pub struct Model {
    model: *mut c_void,
    variables: Vec<Variable>,
    eval: Act,
    free: Act,
    /// Keeps the code mapped; declared last, dropped last.
    _handle: Handle,
}

impl Model {
    /// Loads a library and makes a model with all inputs 0, not yet evaluated.
    ///
    /// # Errors
    /// [`VerilatorError::Load`] when it is not a library of [`crate::build`],
    /// [`VerilatorError::Port`] when a port's width is not that of the module.
    pub fn load(library: &Library) -> Result<Self, VerilatorError> {
        let error = |source| VerilatorError::Load { path: library.path.clone(), source };
        // SAFETY: the library was compiled from Verilator's output and the shim; its initializers
        // are those of the C++ run time.
        let handle = unsafe { Handle::new(&library.path) }.map_err(error)?;
        // SAFETY: the shim defines these five functions with exactly these types. The pointers are
        // copied out of their symbols but not used after `handle` is dropped, which `Model` owns.
        let (new, free, eval, address, size) = unsafe {
            (
                *handle.get::<New>(shim::NEW).map_err(error)?,
                *handle.get::<Act>(shim::FREE).map_err(error)?,
                *handle.get::<Act>(shim::EVAL).map_err(error)?,
                *handle.get::<Address>(shim::PORT).map_err(error)?,
                *handle.get::<Size>(shim::SIZE).map_err(error)?,
            )
        };
        // SAFETY: vs_new takes nothing and returns an object for vs_free.
        let model = unsafe { new() };
        let mut out = Self { model, variables: Vec::new(), eval, free, _handle: handle };
        for (index, port) in library.ports.iter().enumerate() {
            // SAFETY: `model` is live; an index past the last gives null and 0, not a fault.
            let (address, found) =
                unsafe { (address(model, index as u32), size(model, index as u32)) };
            out.variables.push(variable(port, address, found as usize)?);
        }
        Ok(out)
    }

    /// Sets an input of up to 64 bits; bits past its width are dropped.
    ///
    /// # Panics
    /// When `port` is no index of the port list or the port is wider than 64 bits.
    #[inline]
    pub fn set(&mut self, port: usize, value: u64) {
        let Variable { address, bytes, bits } = self.variables[port];
        let value = if bits < 64 { value & ((1 << bits) - 1) } else { value };
        // SAFETY: `load` checked that the variable behind `address` has `bytes` bytes; Verilator
        // aligns it for its type, it lives as long as the model, and `&mut self` excludes others.
        unsafe {
            match bytes {
                1 => address.cast::<u8>().write(value as u8),
                2 => address.cast::<u16>().write(value as u16),
                4 => address.cast::<u32>().write(value as u32),
                8 if bits <= 64 => address.cast::<u64>().write(value),
                _ => panic!("port {port} is {bits} bits wide: use set_wide"),
            }
        }
    }

    /// Value of a port of up to 64 bits.
    ///
    /// # Panics
    /// When `port` is no index of the port list or the port is wider than 64 bits.
    #[inline]
    pub fn get(&self, port: usize) -> u64 {
        let Variable { address, bytes, bits } = self.variables[port];
        // SAFETY: as in `set`; the model changes only in `&mut self` functions.
        unsafe {
            match bytes {
                1 => address.cast::<u8>().read().into(),
                2 => address.cast::<u16>().read().into(),
                4 => address.cast::<u32>().read().into(),
                8 if bits <= 64 => address.cast::<u64>().read(),
                _ => panic!("port {port} is {bits} bits wide: use get_wide"),
            }
        }
    }

    /// Sets an input of more than 64 bits, lowest word first.
    ///
    /// # Panics
    /// When `port` is no index of the port list or `words` has not its number of words.
    pub fn set_wide(&mut self, port: usize, words: &[u32]) {
        let Variable { address, bytes, bits } = self.variables[port];
        assert!(bits > 64 && words.len() * 4 == bytes, "port {port} is {bits} bits wide");
        // SAFETY: as in `set`; a wide variable is an array of 32-bit words, `bytes` long, and
        // `words` lies elsewhere because it is Rust's.
        unsafe {
            address.cast::<u32>().copy_from_nonoverlapping(words.as_ptr(), words.len());
        }
        let spare = words.len() * 32 - bits;
        if let (1.., Some(last)) = (spare, words.last()) {
            // SAFETY: the index of the last word lies within the array.
            unsafe { address.cast::<u32>().add(words.len() - 1).write(last << spare >> spare) };
        }
    }

    /// Copies out a port of any width, lowest word first.
    ///
    /// # Panics
    /// When `port` is no index of the port list or `words` has not `bits / 32` words, rounded up.
    pub fn get_wide(&self, port: usize, words: &mut [u32]) {
        let Variable { address, bytes, bits } = self.variables[port];
        assert!(words.len() == bits.div_ceil(32), "port {port} is {bits} bits wide");
        if bits <= 64 {
            let value = self.get(port);
            for (k, word) in words.iter_mut().enumerate() {
                *word = (value >> (32 * k)) as u32;
            }
            return;
        }
        debug_assert_eq!(words.len() * 4, bytes);
        // SAFETY: as in `set_wide`, read instead of written.
        unsafe { address.cast::<u32>().copy_to_nonoverlapping(words.as_mut_ptr(), words.len()) };
    }

    /// Lets the model settle. A clock edge is an input change seen by this. A combinational loop
    /// that never settles ends the process with Verilator's message: lint for loops first.
    #[inline]
    pub fn eval(&mut self) {
        // SAFETY: `model` came from vs_new and is freed in `drop` only.
        unsafe { (self.eval)(self.model) }
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: `model` came from vs_new, is freed here only, and the code is still mapped.
        unsafe { (self.free)(self.model) }
    }
}

/// Compares what the library has with what the list says.
fn variable(port: &Port, address: *mut c_void, found: usize) -> Result<Variable, VerilatorError> {
    let (bits, bytes) = (port.bits, port.bytes());
    if address.is_null() || found != bytes {
        let problem = format!("{bits} bits need {bytes} bytes, the module's variable has {found}");
        return Err(VerilatorError::Port { name: port.name.clone(), problem });
    }
    Ok(Variable { address, bytes, bits })
}
