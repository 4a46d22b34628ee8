//! What a walk finds out about a certificate of which only the key matters.

use crate::x509::stored_key::StoredKey;
use core::marker::PhantomData;

/// What a walk has found out.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Facts {
    pub(crate) key: StoredKey,
    pub(crate) id: Identity,
}

/// The SHA-256 of SubjectPublicKeyInfo.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Identity {
    pub(crate) key: [u8; 32],
}

impl Facts {
    /// Nothing yet.
    pub(crate) const NONE: Self = Facts { key: StoredKey::NONE, id: Identity { key: [0; 32] } };
}

/// What the walk has to know from outside: nothing. With the feature `chain` it is the name, the time and more.
pub(crate) struct Target<'a>(PhantomData<&'a ()>);

impl<'a> Target<'a> {
    /// The name is not looked at.
    #[inline(always)]
    pub(crate) const fn new(_name: &'a [u8]) -> Self {
        Target(PhantomData)
    }
}
