module tapehead.test/scalars/oracle

go 1.24
