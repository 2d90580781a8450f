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
pub struct Lent {
    values: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
}

impl Lent {
    /// Lends a value. An `Arc<dyn Trait>` is lent to those who borrow `&dyn Trait`.
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, value: T) -> Option<Twice> {
        let before = self.values.insert(TypeId::of::<Arc<T>>(), Box::new(Arc::new(value)));
        before.map(|_| Twice(type_name::<T>()))
    }

    fn find<T: ?Sized + 'static>(&self) -> Option<Arc<T>> {
        fn stored<A: 'static>(lent: &Lent) -> Option<&A> {
            lent.values.get(&TypeId::of::<A>())?.downcast_ref()
        }
        match stored::<Arc<T>>(self) {
            Some(value) => Some(value.clone()),
            None => stored::<Arc<Arc<T>>>(self).map(|value| Arc::clone(&**value)),
        }
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lent({} values)", self.values.len())
    }
}

/// Two values of one type were lent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Twice(pub(crate) &'static str);

/// A function borrows what nobody lent.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct NotLent(pub(crate) &'static str);

/// How a function's `&T` is found: `&CallContext` is the call's own, every other one was lent.
///
/// The type decides, not its spelling: an inherent function comes before a trait's, so an alias of
/// `CallContext` is the call too.
#[doc(hidden)]
#[derive(Debug)]
pub struct Lend<T: ?Sized>(PhantomData<T>);

impl Lend<CallContext> {
    pub fn hold(_: &Lent) -> Result<OfCall, NotLent> {
        Ok(OfCall)
    }
}

#[doc(hidden)]
pub trait LendShared<T: ?Sized> {
    fn hold(lent: &Lent) -> Result<Shared<T>, NotLent>;
}

impl<T: ?Sized + 'static> LendShared<T> for Lend<T> {
    fn hold(lent: &Lent) -> Result<Shared<T>, NotLent> {
        lent.find().map(Shared).ok_or(NotLent(type_name::<T>()))
    }
}

/// Whether an agent could send a `T`, so that a borrow of it is a mistake.
impl<T: Parameter> Lend<T> {
    pub const SENT: bool = true;
}

#[doc(hidden)]
pub trait LendSent {
    const SENT: bool = false;
}

impl<T: ?Sized> LendSent for Lend<T> {}

/// The call's own context.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct OfCall;

impl OfCall {
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
        let mut lent = Lent::default();
        lent.insert(7u32);
        lent.insert(Arc::new(String::from("shared")));
        lent.insert(Arc::new(English) as Arc<dyn Greet>);
        assert_eq!(lent.find::<u32>().as_deref(), Some(&7));
        assert_eq!(lent.find::<String>().as_deref(), Some(&String::from("shared")));
        assert_eq!(lent.find::<dyn Greet>().map(|greeter| greeter.greet()), Some("hello"));
        assert!(lent.find::<u64>().is_none());
    }

    #[test]
    fn a_second_value_of_a_type_is_noticed() {
        let mut lent = Lent::default();
        assert!(lent.insert(7u32).is_none());
        assert!(lent.insert(8u32).is_some());
    }

    #[test]
    fn what_an_agent_sends_is_told_from_what_is_lent() {
        type Alias = String;
        const { assert!(Lend::<Alias>::SENT) };
        const { assert!(!Lend::<English>::SENT) };
        const { assert!(!Lend::<dyn Greet>::SENT) };
    }
}
