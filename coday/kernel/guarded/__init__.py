"""The guarded HTTP client, for addresses that people, models or other servers give.

``client`` fetches; ``targets`` parses an address once; ``policy`` says what may be reached; ``connections`` resolves a name
once and connects to what was checked, and to nothing else. Providers are configured by the operator and use
``coday.kernel.http``.
"""
