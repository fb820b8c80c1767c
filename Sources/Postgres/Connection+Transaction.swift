import CPQ

// MARK: - Transactions

extension Connection {
    /// Runs `body` in a transaction: committed where it returns, rolled back where it throws.
    ///
    /// - Throws: what `body` threw, or a `PostgresError`. After `.connectionLost` from the commit itself nobody knows
    ///   whether it took place: ask the database before doing the work again.
    @discardableResult
    public func transaction<R>(_ body: () throws -> R) throws -> R {
        guard PQtransactionStatus(handle) != PQTRANS_INTRANS, PQtransactionStatus(handle) != PQTRANS_INERROR else {
            throw PostgresError(.syntax, "a transaction is open on this connection already: use savepoint inside it")
        }
        try execute("BEGIN")
        do {
            let value = try body()
            // The server answers COMMIT with ROLLBACK where a statement failed and `body` went on all the same.
            guard try checked(PQexec(handle, "COMMIT"), "COMMIT").commandTag == "COMMIT" else {
                throw PostgresError(
                    .other, "the transaction was rolled back, not committed: a statement in it had failed")
            }
            return value
        } catch {
            if PQtransactionStatus(handle) != PQTRANS_IDLE { _ = try? execute("ROLLBACK") }
            throw error
        }
    }

    /// Runs `body` after a savepoint, inside a transaction: where it throws, only what it did is undone, and the
    /// transaction can go on. Savepoints nest.
    @discardableResult
    public func savepoint<R>(_ body: () throws -> R) throws -> R {
        savepointDepth += 1
        defer { savepointDepth -= 1 }
        let name = "iotpipe_\(savepointDepth)"
        try execute("SAVEPOINT \(name)")
        do {
            let value = try body()
            try execute("RELEASE SAVEPOINT \(name)")
            return value
        } catch {
            _ = try? execute("ROLLBACK TO SAVEPOINT \(name); RELEASE SAVEPOINT \(name)")
            throw error
        }
    }
}
