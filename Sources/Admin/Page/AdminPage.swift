import HTTPTypes

/// The page for people at `/`: one document without outside assets, which fills and refreshes itself from the JSON pages.
enum AdminPage {
    /// The page; its nonce is new each time, so that only its own style and script run, whatever a client calls itself.
    static func response() -> AdminResponse {
        let nonce = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
        var response = AdminResponse(contentType: "text/html; charset=utf-8", body: html(nonce: nonce))
        response.extraHeaders[.contentSecurityPolicy] = """
            default-src 'none'; style-src 'nonce-\(nonce)'; script-src 'nonce-\(nonce)'; connect-src 'self'; \
            img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'
            """
        return response
    }
}
