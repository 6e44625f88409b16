import COpenSSL

/// The library that TLS is spoken with.
package enum TLSLibrary {
    /// Its name and version, as `OpenSSL 3.0.19 27 Jan 2026`: that of the library in use, whatever was there when this was built.
    package static var version: String { String(cString: sluice_tls_library()) }
}
