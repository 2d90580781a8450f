//! What the server lends: one value of each type, to every function that borrows it.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    fmt,
    marker::PhantomData,
    sync::Arc,
};

use mcp_tool_contract::read::types::Parameter;

use crate::call::context::CallContext;

/// The values that were lent.
#[derive(Default)]
pub struct StateMap {
    values: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
}

impl StateMap {
    /// Lends a value. An `Arc<dyn Trait>` is lent to those who borrow `&dyn Trait`.
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, value: T) -> Option<DuplicateState> {
        let before = self.values.insert(TypeId::of::<Arc<T>>(), Box::new(Arc::new(value)));
        before.map(|_| DuplicateState(type_name::<T>()))
    }

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
        write!(f, "Lent({} values)", self.values.len())
    }
}

/// Two values of one type were lent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DuplicateState(pub(crate) &'static str);

/// A function borrows what nobody lent.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct MissingState(pub(crate) &'static str);

/// How a function's `&T` is found: `&CallContext` is the call's own, every other one was lent.
///
/// The type decides, not its spelling: an inherent function comes before a trait's, so an alias of
/// `CallContext` is the call too.
#[doc(hidden)]
#[derive(Debug)]
pub struct StateSource<T: ?Sized>(PhantomData<T>);

impl StateSource<CallContext> {
    pub fn hold(_: &StateMap) -> Result<FromCall, MissingState> {
        Ok(FromCall)
    }
}

#[doc(hidden)]
pub trait SharedState<T: ?Sized> {
    fn hold(state: &StateMap) -> Result<Shared<T>, MissingState>;
}

impl<T: ?Sized + 'static> SharedState<T> for StateSource<T> {
    fn hold(state: &StateMap) -> Result<Shared<T>, MissingState> {
        state.find().map(Shared).ok_or(MissingState(type_name::<T>()))
    }
}

/// Whether an agent could send a `T`, so that a borrow of it is a mistake.
impl<T: Parameter> StateSource<T> {
    pub const SENT: bool = true;
}

#[doc(hidden)]
pub trait ArgumentState {
    const SENT: bool = false;
}

impl<T: ?Sized> ArgumentState for StateSource<T> {}

/// The call's own context.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct FromCall;

impl FromCall {
    pub fn get<'a>(&'a self, cx: &'a CallContext) -> &'a CallContext {
        cx
    }
}

/// A value that was lent, held by the bound tool.
#[doc(hidden)]
#[derive(Debug)]
pub struct Shared<T: ?Sized>(Arc<T>);

impl<T: ?Sized> Shared<T> {
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
    fn a_value_is_found_by_its_type_or_through_an_arc() {
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
    fn a_second_value_of_a_type_is_noticed() {
        let mut state = StateMap::default();
        assert!(state.insert(7u32).is_none());
        assert!(state.insert(8u32).is_some());
    }

    #[test]
    fn what_an_agent_sends_is_told_from_what_is_lent() {
        type Alias = String;
        const { assert!(StateSource::<Alias>::SENT) };
        const { assert!(!StateSource::<English>::SENT) };
        const { assert!(!StateSource::<dyn Greet>::SENT) };
    }
}
