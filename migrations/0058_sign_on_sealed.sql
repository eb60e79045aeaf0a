-- Why: what a sign-on leaves behind is sealed from now on: identities.id_token, sign_on_attempts.nonce and
-- sign_on_attempts.verifier. Rows from before have them in clear; so everything is looked at once more, beside running
-- servers, for what isn't sealed yet.
UPDATE sealing SET generation = 0 WHERE id = 1;
