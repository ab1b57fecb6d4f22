-- A test that a rule of the matrix leaves out is told apart from one that something earlier kept from running.
INSERT INTO test_states VALUES (6, 'skipped');
