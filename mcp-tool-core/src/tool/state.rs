//! Application state: values that tool functions borrow, one of each type.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    fmt,
    marker::PhantomData,
    sync::Arc,
};

use mcp_tool_contract::read::types::Parameter;

use crate::call::context::CallContext;

/// The registered values of application state, by type.
#[derive(Default)]
pub struct StateMap {
    values: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
}

impl StateMap {
    /// Registers a value. If a value of this type was registered before, replaces that value and returns `Some`.
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, value: T) -> Option<DuplicateState> {
        let replaced = self.values.insert(TypeId::of::<Arc<T>>(), Box::new(Arc::new(value)));
        replaced.map(|_| DuplicateState(type_name::<T>()))
    }

    /// Returns the value that was registered as `T` or as `Arc<T>`. A function that borrows `&dyn Trait` gets the value
    /// that was registered as `Arc<dyn Trait>`.
    fn find<T: ?Sized + 'static>(&self) -> Option<Arc<T>> {
        fn stored<A: 'static>(state: &StateMap) -> Option<&A> {
            state.values.get(&TypeId::of::<A>())?.downcast_ref()
        }
        match stored::<Arc<T>>(self) {
            Some(value) => Some(value.clone()),
            None => stored::<Arc<Arc<T>>>(self).map(|value| Arc::clone(&**value)),
        }
    }
}

impl fmt::Debug for StateMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateMap({} values)", self.values.len())
    }
}

/// Name of a type of which two values were registered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DuplicateState(pub(crate) &'static str);

/// Name of a type that a function borrows and of which no value is registered.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct MissingState(pub(crate) &'static str);

/// Finds the value for a function's parameter `&T`: the context of the call if `T` is `CallContext`, or else
/// application state.
///
/// `StateSource::<T>::hold` has two candidates. If `T` is `CallContext`, the compiler chooses the inherent function.
/// Otherwise it chooses the function of the trait [`SharedState`]. The compiler chooses by type and not by name, so an
/// alias of `CallContext` works too.
#[doc(hidden)]
#[derive(Debug)]
pub struct StateSource<T: ?Sized>(PhantomData<T>);

impl StateSource<CallContext> {
    /// Returns a [`FromCall`]. Always succeeds.
    pub fn hold(_: &StateMap) -> Result<FromCall, MissingState> {
        Ok(FromCall)
    }
}

/// Finds application state of type `T`.
#[doc(hidden)]
pub trait SharedState<T: ?Sized> {
    /// Returns the registered value of type `T`.
    fn hold(state: &StateMap) -> Result<Shared<T>, MissingState>;
}

impl<T: ?Sized + 'static> SharedState<T> for StateSource<T> {
    fn hold(state: &StateMap) -> Result<Shared<T>, MissingState> {
        state.find().map(Shared).ok_or(MissingState(type_name::<T>()))
    }
}

impl<T: Parameter> StateSource<T> {
    /// `true`, because an agent can send a `T` as an argument. If a function borrows such a type as application state,
    /// it doesn't compile.
    pub const IS_ARGUMENT: bool = true;
}

/// Default of `StateSource::IS_ARGUMENT`, for types that don't implement [`Parameter`].
#[doc(hidden)]
pub trait ArgumentState {
    /// `false`, because an agent can't send the type as an argument.
    const IS_ARGUMENT: bool = false;
}

impl<T: ?Sized> ArgumentState for StateSource<T> {}

/// Placeholder in a bound tool for a parameter `&CallContext`. The tool can't keep a context, because each call has its
/// own.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct FromCall;

impl FromCall {
    /// Returns the context.
    pub fn get<'a>(&'a self, cx: &'a CallContext) -> &'a CallContext {
        cx
    }
}

/// A value of application state that a bound tool keeps.
#[doc(hidden)]
#[derive(Debug)]
pub struct Shared<T: ?Sized>(Arc<T>);

impl<T: ?Sized> Shared<T> {
    /// Returns the value.
    pub fn get<'a>(&'a self, _: &'a CallContext) -> &'a T {
        &self.0
    }
}

impl<T: ?Sized> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(Arc::clone(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    trait Greet: Send + Sync {
        fn greet(&self) -> &'static str;
    }

    struct English;

    impl Greet for English {
        fn greet(&self) -> &'static str {
            "hello"
        }
    }

    #[test]
    fn value_is_found_by_its_type_and_by_the_type_inside_an_arc() {
        let mut state = StateMap::default();
        state.insert(7u32);
        state.insert(Arc::new(String::from("shared")));
        state.insert(Arc::new(English) as Arc<dyn Greet>);
        assert_eq!(state.find::<u32>().as_deref(), Some(&7));
        assert_eq!(state.find::<String>().as_deref(), Some(&String::from("shared")));
        assert_eq!(state.find::<dyn Greet>().map(|greeter| greeter.greet()), Some("hello"));
        assert!(state.find::<u64>().is_none());
    }

    #[test]
    fn second_value_of_a_type_is_reported() {
        let mut state = StateMap::default();
        assert!(state.insert(7u32).is_none());
        assert!(state.insert(8u32).is_some());
    }

    #[test]
    fn parameter_types_are_distinguished_from_application_state() {
        type Alias = String;
        const { assert!(StateSource::<Alias>::IS_ARGUMENT) };
        const { assert!(!StateSource::<English>::IS_ARGUMENT) };
        const { assert!(!StateSource::<dyn Greet>::IS_ARGUMENT) };
    }
}
