use aes_gcm_siv::{AeadInOut, Aes256GcmSiv, KeyInit, Nonce, Tag};

/// Bytes of a nonce.
pub(super) const NONCE: usize = 12;
/// Bytes of the tag that stands after a ciphertext.
pub(super) const TAG: usize = 16;

/// AES-256-GCM-SIV with one key, whose bytes are overwritten when it is dropped.
pub(super) struct Cipher(Aes256GcmSiv);

/// What was to be opened is not what was sealed.
#[derive(Debug)]
pub(super) struct Forged;

impl Cipher {
    pub(super) fn new(key: &[u8; 32]) -> Cipher {
        Cipher(Aes256GcmSiv::new(key.into()))
    }

    /// Encrypts the bytes after the first `start`, and adds the tag. `None` for more than 64 GiB.
    pub(super) fn seal(
        &self,
        nonce: [u8; NONCE],
        authenticated: &[u8],
        bytes: &mut Vec<u8>,
        start: usize,
    ) -> Option<()> {
        let plaintext = bytes.get_mut(start..)?;
        let tag = self.0.encrypt_inout_detached(&Nonce::from(nonce), authenticated, plaintext.into()).ok()?;
        bytes.extend_from_slice(&tag);
        Some(())
    }

    /// Decrypts bytes that end with their tag, and returns the plaintext among them.
    pub(super) fn open<'b>(
        &self,
        nonce: [u8; NONCE],
        authenticated: &[u8],
        bytes: &'b mut [u8],
    ) -> Result<&'b mut [u8], Forged> {
        let (ciphertext, tag) = bytes.split_last_chunk_mut::<TAG>().ok_or(Forged)?;
        let opened = self.0.decrypt_inout_detached(
            &Nonce::from(nonce),
            authenticated,
            (&mut *ciphertext).into(),
            &Tag::from(*tag),
        );
        opened.map(|()| ciphertext).map_err(|_| Forged)
    }
}
